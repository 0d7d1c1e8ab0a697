import type { StepFactory } from '@backstep/core'
import { type KubernetesClient, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type WritesReceipt } from './define-writes-step.ts'
import { writeOf } from './field-writes.ts'
import { permissions } from './permissions.ts'
import { lookAtRollout } from './rollout-look.ts'
import { liveWorkload } from './set-images.ts'
import { textAt, type WorkloadOptions, workloadOptions, workloadRef } from './workload.ts'

export type RestartRolloutOptions = WorkloadOptions

/** Where restarts are counted in a template: another number is another template. */
export const restartCounter: readonly string[] = ['spec', 'template', 'metadata', 'annotations', 'backstep.dev/restarts']

/**
 * Replaces every pod of a workload by a new one of the same template, as its strategy says, and proves that the new ones are ready. Needed
 * after a ConfigMap or a Secret was put back: environments and single mounted files are read at start only.
 *
 * It counts in an annotation of the template, so an undo to the revision before takes away only that. Going back restarts once more.
 */
export const restartRollout: StepFactory<RestartRolloutOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.restart-rollout',
  options: z.strictObject(workloadOptions),
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),
  needs: ({ kind, namespace }) => ({ needs: permissions.setImages(kind), unproved: permissions.rolloutLook(kind), namespace }),

  async plan({ options, client }, context) {
    const { live, resource } = await liveWorkload(client, options, context)
    const restarts = Number(textAt(live, restartCounter) ?? 0) + 1
    return {
      writes: [{ live, write: writeOf(live, resource, workloadRef(options), [{ at: restartCounter, value: String(restarts) }]) }],
      summary: `Restart the pods of ${shortName(options)}`,
    }
  },
  verify: ({ options, client, writes }, context) => lookAtRollout(client, options, { uid: writes[0]?.uid ?? '' }, context),
})
