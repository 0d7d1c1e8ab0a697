import { type CheckFactory, defineCheck } from '@backstep/core'
import { type KubernetesClient, kubernetesContacts, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { currentPods } from './current-pods.ts'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { containersOf, isReady } from './pods.ts'
import { type WorkloadOptions, workloadOptions } from './workload.ts'

export interface RunningDigestsOptions extends WorkloadOptions {
  /** The digest that each container has to run: `{ app: 'sha256:…' }`. */
  readonly digests: { readonly [container: string]: string }
}

/**
 * Whether ready pods run exactly these digests, as the container runtime says. What the template names is only what was asked for. A runtime may
 * name the digest of the list or of one platform: give the one that `listRevisions` showed for a pod that was good.
 */
export const runningDigests: CheckFactory<RunningDigestsOptions, KubernetesClient> = defineCheck({
  kind: 'k8s.running-digests',
  options: z.strictObject({
    ...workloadOptions,
    digests: z.record(z.string().min(1), z.string().regex(/^sha256:[0-9a-f]{64}$/, "expected 'sha256:' and 64 hexadecimal digits")),
  }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),

  sample: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.podsReady(options.kind), namespace: options.namespace, call: context }, async () => {
      const pods = (await currentPods(client, options, context)).filter(isReady)
      const running = pods.flatMap(containersOf).filter(({ container }) => options.digests[container] !== undefined)
      const seen = [...new Set(running.map(({ container, imageId }) => `${container} ${imageId}`))]
      const evidence = [context.evidence('images', seen.join(', ') || 'none', 'container statuses')]
      const absent = Object.keys(options.digests).filter((container) => !running.some((one) => one.container === container))
      if (absent.length > 0) return { status: 'unknown', evidence, reason: `no ready pod runs ${absent.join(', ')}` }
      const wrong = running.filter(({ container, imageId }) => !imageId.endsWith(options.digests[container] ?? ''))
      if (wrong.length === 0) return { status: 'healthy', evidence }
      const expected = Object.entries(options.digests).map(([container, digest]) => `${container} ${digest}`)
      return {
        status: 'unhealthy',
        evidence,
        expected: expected.join(', '),
        actual: wrong.map(({ pod, container, imageId }) => `${pod}/${container} ${imageId}`).join(', '),
      }
    }),
})
