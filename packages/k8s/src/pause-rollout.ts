import type { StepFactory, Verdict } from '@backstep/core'
import { type KubernetesClient, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type WritesReceipt, type WritesStepDefinition } from './define-writes-step.ts'
import { writeOf } from './field-writes.ts'
import { permissions } from './permissions.ts'
import { liveWorkload } from './set-images.ts'
import { type WorkloadOptions, workloadOptions, workloadRef } from './workload.ts'

/** Only Deployments can be paused. */
export type PauseRolloutOptions = Omit<WorkloadOptions, 'kind'>

const { kind: _, ...deploymentOptions } = workloadOptions
const options = z.strictObject(deploymentOptions)
const deployment = <O extends { readonly namespace: string; readonly name: string }>({ namespace, name }: O) => ({
  namespace,
  name,
  kind: 'Deployment' as const,
})

/**
 * Stops the controller from bringing changes of the template to the pods. Pods that are there stay; scaling still works. As the scope of
 * `during`, it is resumed when the scope is left. One that is paused already stays so.
 */
export const pauseRollout: StepFactory<PauseRolloutOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep(
  pausing('k8s.pause-rollout', 'Pause', true),
)

/** Lets the controller go on with a paused Deployment; going back pauses it again. */
export const resumeRollout: StepFactory<PauseRolloutOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep(
  pausing('k8s.resume-rollout', 'Resume', undefined),
)

function pausing(
  kind: 'k8s.pause-rollout' | 'k8s.resume-rollout',
  verb: string,
  value: true | undefined,
): WritesStepDefinition<PauseRolloutOptions, z.output<typeof options>> {
  return {
    kind,
    options,
    target: (given) => ({ system: given.context, name: shortName(deployment(given)) }),
    needs: ({ namespace }) => ({ needs: permissions.pauseRollout(), namespace }),
    async plan({ options: given, client }, context) {
      const workload = deployment(given)
      const { live, resource } = await liveWorkload(client, workload, context)
      return {
        writes: [{ live, write: writeOf(live, resource, workloadRef(workload), [{ at: ['spec', 'paused'], value }]) }],
        summary: `${verb} the rollout of ${shortName(workload)}`,
      }
    },
    verify: async ({ options: given }, context): Promise<Verdict> => ({
      status: 'healthy',
      evidence: [context.evidence('paused', String(value === true), shortName(deployment(given)))],
    }),
  }
}
