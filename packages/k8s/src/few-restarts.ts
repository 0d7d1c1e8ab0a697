import { type CheckFactory, defineCheck } from '@backstep/core'
import { type KubernetesClient, kubernetesContacts, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { currentPods } from './current-pods.ts'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { containersOf, waitingReasons } from './pods.ts'
import { type WorkloadOptions, workloadOptions } from './workload.ts'

export interface FewRestartsOptions extends WorkloadOptions {
  /** How often each container may have been restarted since the last change of the template. Default 0. */
  readonly atMost?: number | undefined
}

/**
 * Whether containers of the current template were restarted. Pods are new with each change of the template, so their counts are of the time since
 * then. A container that waits in a crash loop counts also while its restarts are few: the pauses between them grow to minutes.
 */
export const fewRestarts: CheckFactory<FewRestartsOptions, KubernetesClient> = defineCheck({
  kind: 'k8s.few-restarts',
  options: z.strictObject({ ...workloadOptions, atMost: z.int().min(0).default(0) }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),

  sample: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.podsReady(options.kind), namespace: options.namespace, call: context }, async () => {
      const pods = await currentPods(client, options, context)
      const containers = pods.flatMap(containersOf)
      const evidence = [
        context.evidence(
          'restarts',
          `${containers.reduce((sum, { restarts }) => sum + restarts, 0)} in ${pods.length} pods`,
          'container statuses',
        ),
      ]
      if (containers.length === 0) return { status: 'unknown', evidence, reason: 'no container of the current template has a status yet' }
      const tooMany = containers.filter(({ restarts, waiting }) => restarts > options.atMost || waiting === 'CrashLoopBackOff')
      if (tooMany.length === 0) return { status: 'healthy', evidence }
      const named = tooMany
        .slice(0, 10)
        .map(({ pod, container, restarts, lastExit }) => `${pod}/${container} ${restarts}${lastExit === undefined ? '' : ` (${lastExit})`}`)
      const actual = [named.join(', '), ...waitingReasons(pods)].join('; ')
      return { status: 'unhealthy', evidence, expected: `at most ${options.atMost} restarts of each container`, actual }
    }),
})
