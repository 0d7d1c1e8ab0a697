import { type Finding, type Json, type JsonObject } from '@backstep/core'
import { type Call, fieldChanges, type KubernetesClient, type KubernetesObject } from '@backstep/kubernetes'
import { configRefsOf, isSameConfigRef } from './config-refs.ts'
import { hashWithoutRestart, imagesOf, type Revision } from './revisions.ts'
import { numberAt, templateOf, textAt, type WorkloadName } from './workload.ts'

/** What a person should know of the template that is gone back to. */
export function templateFindings(live: KubernetesObject, target: Revision): readonly Finding[] {
  const now = templateOf(live)
  const byTag = imagesOf(target.template).filter(({ digest }) => digest === undefined)
  const onlyRestart = hashWithoutRestart(now) === hashWithoutRestart(target.template)
  return [
    ...(onlyRestart
      ? [
          {
            level: 'warning' as const,
            code: 'k8s.only-a-restart' as const,
            message: `Going back to ${target.name} takes away the mark of a restart and nothing else: the same images run as now`,
            hint: 'Choose an older revision if the release is what is wrong.',
          },
        ]
      : []),
    ...byTag.map(({ container, image }) => ({
      level: 'warning' as const,
      code: 'k8s.image-by-tag' as const,
      message: `The container ${container} names its image by tag (${image}), which may mean another image than it did then`,
      hint: 'Compare the digest that ran then with what the registry says now, or set the image by digest.',
    })),
  ]
}

/** How the controller will bring the template to the pods. */
export function strategyFindings(live: KubernetesObject, { kind, name }: WorkloadName, leavesPods: boolean): readonly Finding[] {
  const strategy = textAt(live, ['spec', 'updateStrategy', 'type'])
  const partition = numberAt(live, ['spec', 'updateStrategy', 'rollingUpdate', 'partition']) ?? 0
  if (strategy === 'OnDelete') {
    return [
      {
        level: leavesPods ? 'warning' : 'blocker',
        code: 'k8s.on-delete',
        message: `${kind} ${name} replaces its pods only when they are deleted: the template goes back, and the pods stay as they are`,
        hint: leavesPods
          ? 'Delete the pods one by one when the template is back.'
          : "Write onDelete: 'leave-pods' when that is what you want.",
      },
    ]
  }
  if (partition === 0) return []
  return [
    {
      level: 'warning',
      code: 'k8s.partitioned',
      message: `${kind} ${name} has partition ${partition}: pods with a lower number stay at the revision they have`,
      hint: 'Set the partition to 0 when all pods have to go back.',
    },
  ]
}

/** What admission makes of the template, by the server's own dry run. */
export function admissionFindings(wanted: JsonObject, stored: JsonObject): readonly Finding[] {
  const changes = fieldChanges(wanted, stored, { path: 'spec.template' })
  const dropped = changes.filter(({ after }) => after === undefined).map(({ path }) => path)
  const changed = changes.filter(({ before, after }) => before !== undefined && after !== undefined).map(({ path }) => path)
  return [
    ...(dropped.length === 0
      ? []
      : [
          {
            level: 'blocker' as const,
            code: 'k8s.field-dropped' as const,
            message: `The server would not store ${dropped.join(', ')} of the target`,
            hint: 'Find the webhook or the version that takes these fields away, then preview again.',
          },
        ]),
    ...(changed.length === 0
      ? []
      : [
          {
            level: 'warning' as const,
            code: 'k8s.changed-by-admission' as const,
            message: `Admission changes ${changed.join(', ')} of the target`,
            hint: 'Look at the values that would be stored before you approve.',
          },
        ]),
  ]
}

/** ConfigMaps and Secrets that the target needs and that are gone: its pods could not start. Only those are asked about that the live template does not use. */
export async function missingConfigFindings(
  client: Pick<KubernetesClient, 'get'>,
  workload: WorkloadName,
  live: KubernetesObject,
  target: Revision,
  call: Call,
): Promise<readonly Finding[]> {
  const inUse = configRefsOf(templateOf(live) as Json)
  const asked = configRefsOf(target.template).filter((ref) => !ref.isOptional && !inUse.some((used) => isSameConfigRef(used, ref)))
  const found = await Promise.all(
    asked.map(({ kind, name }) => client.get({ apiVersion: 'v1', kind, namespace: workload.namespace, name }, call)),
  )
  return asked
    .filter((_, index) => found[index] === undefined)
    .map(({ kind, name }) => ({
      level: 'blocker' as const,
      code: 'k8s.config-gone' as const,
      message: `${target.name} needs the ${kind} ${name}, which does not exist any more`,
      hint: 'Restore it first, in the same plan.',
    }))
}
