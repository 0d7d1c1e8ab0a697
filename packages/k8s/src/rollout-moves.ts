import { type CheckFactory, defineCheck } from '@backstep/core'
import { type KubernetesClient, kubernetesContacts, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { currentPods } from './current-pods.ts'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { waitingReasons } from './pods.ts'
import { isObserved, listAt, readWorkload, type WorkloadOptions, workloadOptions } from './workload.ts'

export type RolloutMovesOptions = WorkloadOptions

/** Reasons after which a pod of this template will not get ready by itself. */
const hopeless: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
])

/**
 * Whether the rollout that is under way gets on: unhealthy when its controller has missed the progress deadline, or when pods of the new template
 * wait for something that does not come. Kubernetes itself only writes that down; it never rolls back. As a trigger, this is what starts a plan.
 */
export const rolloutMoves: CheckFactory<RolloutMovesOptions, KubernetesClient> = defineCheck({
  kind: 'k8s.rollout-moves',
  options: z.strictObject(workloadOptions),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),

  sample: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.podsReady(options.kind), namespace: options.namespace, call: context }, async () => {
      const [live, pods] = await Promise.all([readWorkload(client, options, context), currentPods(client, options, context)])
      const waiting = waitingReasons(pods)
      const deadline = listAt(live, ['status', 'conditions']).some(
        ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
      )
      const problems = [...(deadline ? ['ProgressDeadlineExceeded'] : []), ...waiting.filter((reason) => hopeless.has(reason))]
      const evidence = [context.evidence('rollout', problems.join(', ') || 'moves or is done', 'conditions and container statuses')]
      if (!isObserved(live)) return { status: 'unknown', evidence, reason: 'the controller has not seen the current template yet' }
      if (problems.length === 0) return { status: 'healthy', evidence }
      return { status: 'unhealthy', evidence, expected: 'a rollout that gets on', actual: problems.join(', ') }
    }),
})
