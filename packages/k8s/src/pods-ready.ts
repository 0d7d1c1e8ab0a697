import { type CheckFactory, defineCheck, hashOf } from '@backstep/core'
import { type KubernetesClient, kubernetesContacts, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { lookAtRollout } from './rollout-look.ts'
import { readWorkload, templateOf, type WorkloadOptions, workloadOptions } from './workload.ts'

export interface PodsReadyOptions extends WorkloadOptions {
  /** The template hash that has to run, as `findRevision` and `undoRollout` answer. Left out: whatever the workload asks for now. */
  readonly templateHash?: string | undefined
}

/** As many ready pods as wanted, all of exactly the target template, none left over. See `undoRollout`, whose verify is the same look. */
export const podsReady: CheckFactory<PodsReadyOptions, KubernetesClient, 'templateHash'> = defineCheck({
  kind: 'k8s.pods-ready',
  options: z.strictObject({ ...workloadOptions, templateHash: z.string().optional() }),
  late: ['templateHash'],
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),

  sample: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.podsReady(options.kind), namespace: options.namespace, call: context }, async () => {
      const live = await readWorkload(client, options, context)
      const templateHash = options.templateHash ?? hashOf(templateOf(live))
      return lookAtRollout(client, options, { uid: live.metadata.uid, templateHash }, context)
    }),
})
