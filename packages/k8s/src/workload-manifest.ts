import { type Finding, json, type Json, type JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'
import * as z from 'zod'
import { markTrail } from './mark-trail.ts'
import { imagesOf } from './revisions.ts'
import { numberAt, objectAt, templateOf, type WorkloadKind, workloadKinds } from './workload.ts'

/** A workload as it is written for `kubectl apply`, as plain JSON. */
export type WorkloadManifest = {
  readonly apiVersion: 'apps/v1'
  readonly kind: WorkloadKind
  readonly metadata: { readonly name: string; readonly [field: string]: Json | undefined }
  readonly spec: JsonObject
}

export const workloadManifest: z.core.$ZodType<WorkloadManifest, WorkloadManifest> = z.strictObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.enum(workloadKinds),
  metadata: z.object({ name: z.string().min(1) }).catchall(json()),
  spec: z.record(z.string(), json()),
}) as unknown as z.core.$ZodType<WorkloadManifest, WorkloadManifest>

/** The manifest in its namespace, with the mark of the step that makes it. */
export function manifestWithMark(manifest: WorkloadManifest, namespace: string, mark: string): JsonObject {
  const annotations = { ...objectAt(manifest, ['metadata', 'annotations']), [markTrail[2]]: mark }
  return { ...manifest, metadata: { ...manifest.metadata, namespace, annotations } }
}

/** How a workload that is there differs from the one that is wanted, so far as that matters. */
export function deployedFindings(live: KubernetesObject, wanted: WorkloadManifest): readonly Finding[] {
  const named = (template: JsonObject): string =>
    imagesOf(template)
      .map(({ container, image }) => `${container} ${image}`)
      .toSorted()
      .join(', ')
  const [is, shall] = [named(templateOf(live)), named(objectAt(wanted, ['spec', 'template']))]
  const who = `${live.kind} ${live.metadata.name}`
  return [
    ...(is === shall
      ? []
      : [
          {
            level: 'blocker' as const,
            code: 'k8s.deployed-otherwise' as const,
            message: `${who} is there and runs ${is}, not ${shall}`,
            hint: 'Set its images with setImages, or go back to a revision with undoRollout.',
          },
        ]),
    ...(live.kind !== 'DaemonSet' && numberAt(live, ['spec', 'replicas']) === 0
      ? [
          {
            level: 'blocker' as const,
            code: 'k8s.scaled-to-zero' as const,
            message: `${who} is there and has no replicas`,
            hint: 'Scale it up first.',
          },
        ]
      : []),
  ]
}
