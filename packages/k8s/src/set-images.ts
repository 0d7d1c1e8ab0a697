import { type Finding, RollbackError, type StepFactory } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, namespaceUid, resourceName, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type WritesReceipt } from './define-writes-step.ts'
import { type FieldValues, writeOf } from './field-writes.ts'
import { ownerFindings, type OwnerKind, ownerKinds, applyFindings } from './owners.ts'
import { permissions } from './permissions.ts'
import { lookAtRollout } from './rollout-look.ts'
import { listAt, readWorkload, textAt, type WorkloadName, type WorkloadOptions, workloadOptions, workloadRef } from './workload.ts'

export interface SetImagesOptions extends WorkloadOptions {
  /** The image of each container, by digest: `{ app: 'registry.example/shop/checkout@sha256:…' }`. A tag may mean another image tomorrow and is refused. */
  readonly images: { readonly [container: string]: string }
  /** Owners that would revert this and that the plan deals with. Default none. */
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

const byDigest = z
  .string()
  .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "expected an image by digest ('name@sha256:…'): a tag may mean another image tomorrow")

/** Sets images of containers by digest, and proves that pods of exactly that template are ready. Everything else of the template stays. */
export const setImages: StepFactory<SetImagesOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.set-images',
  options: z.strictObject({
    ...workloadOptions,
    images: z.record(z.string().min(1), byDigest).refine((images) => Object.keys(images).length > 0, 'expected at least one container'),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  layer: 'code',
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),
  needs: ({ kind, namespace }) => ({ needs: permissions.setImages(kind), unproved: permissions.rolloutLook(kind), namespace }),

  async plan({ options, client }, context) {
    const { live, resource } = await liveWorkload(client, options, context)
    const fields = Object.entries(options.images).flatMap(([container, image]) => imageFields(live, options, container, image))
    return {
      writes: [{ live, write: writeOf(live, resource, workloadRef(options), fields) }],
      summary: `Set ${Object.keys(options.images).join(', ')} of ${shortName(options)} to ${Object.values(options.images).join(', ')}`,
      findings: [...ownerFindings(live, options.acceptOwners), ...applyFindings(live), ...pausedFinding(live, options)],
    }
  },
  async verify({ options, client, writes }, context) {
    return lookAtRollout(client, options, { uid: writes[0]?.uid ?? '' }, context)
  },
})

/** A workload with its global name. */
export async function liveWorkload(
  client: KubernetesClient,
  workload: WorkloadName,
  call: Call,
): Promise<{ readonly live: KubernetesObject; readonly resource: string }> {
  const [scope, live] = await Promise.all([namespaceUid(client, workload.namespace, call), readWorkload(client, workload, call)])
  return { live, resource: resourceName(scope, workloadRef(workload)) }
}

/** The image, and the name beside it: so a container that moved in its list is seen as drift. */
function imageFields(
  live: KubernetesObject,
  workload: WorkloadName,
  container: string,
  image: string,
): readonly { readonly at: FieldValues['at']; readonly value: string }[] {
  for (const list of ['containers', 'initContainers']) {
    const index = listAt(live, ['spec', 'template', 'spec', list]).findIndex((one) => textAt(one, ['name']) === container)
    if (index === -1) continue
    const at = ['spec', 'template', 'spec', list, index]
    return [
      { at: [...at, 'name'], value: container },
      { at: [...at, 'image'], value: image },
    ]
  }
  const known = listAt(live, ['spec', 'template', 'spec', 'containers']).map((one) => textAt(one, ['name']))
  throw new RollbackError('TARGET_NOT_FOUND', `${shortName(workload)} has no container ${container}; it has ${known.join(', ')}`, {
    hint: 'Write the name of a container as the pod template has it.',
  })
}

function pausedFinding(live: KubernetesObject, workload: WorkloadName): readonly Finding[] {
  if ((live['spec'] as { readonly paused?: boolean }).paused !== true) return []
  return [
    {
      level: 'blocker',
      code: 'k8s.paused',
      message: `${shortName(workload)} is paused: nothing would roll`,
      hint: 'Resume it first, in the same plan.',
    },
  ]
}
