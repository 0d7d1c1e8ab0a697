import type { Finding, JsonObject } from '@backstep/core'
import { type KubernetesObject, valueAt } from '@backstep/kubernetes'
import { applyFindings, ownerFindings, type OwnerKind, scaleFindings } from './owners.ts'
import type { Revision } from './revisions.ts'
import type { StuckPod } from './stuck-pods.ts'
import { admissionFindings, strategyFindings, templateFindings } from './template-findings.ts'
import type { WorkloadName } from './workload.ts'

/** What the author of a plan decides about the traps of an undo. */
export interface UndoChoices {
  readonly whenPaused: 'refuse' | 'resume'
  readonly stuckPods: 'refuse' | 'delete'
  readonly onDelete: 'refuse' | 'leave-pods'
  readonly acceptOwners: readonly OwnerKind[]
}

export interface SeenForUndo {
  readonly live: KubernetesObject
  readonly target: Revision
  readonly stuck: readonly StuckPod[]
}

/** Everything that would make an undo do nothing, be reverted, or mean something else than it seems to. */
export function undoFindings(
  { live, target, stuck }: SeenForUndo,
  options: UndoChoices & WorkloadName,
  stored: JsonObject,
): readonly Finding[] {
  return [
    ...pausedFindings(live, options),
    ...stuckFindings(stuck, options),
    ...strategyFindings(live, options, options.onDelete === 'leave-pods'),
    ...ownerFindings(live, options.acceptOwners),
    ...applyFindings(live),
    ...scaleFindings(live),
    ...templateFindings(live, target),
    ...admissionFindings(target.template, stored),
  ]
}

export function pausedFindings(
  live: KubernetesObject,
  { kind, name, whenPaused }: Pick<UndoChoices, 'whenPaused'> & WorkloadName,
): readonly Finding[] {
  if (kind !== 'Deployment' || valueAt(live, ['spec', 'paused']) !== true) return []
  const resumes = whenPaused === 'resume'
  return [
    {
      level: resumes ? 'info' : 'blocker',
      code: 'k8s.paused',
      message: `${kind} ${name} is paused${resumes ? ', and is resumed with the same write' : ': nothing would roll back'}`,
      hint: resumes ? 'Going back over this step pauses it again.' : "Ask who paused it; then write whenPaused: 'resume'.",
    },
  ]
}

export function stuckFindings(
  stuck: readonly StuckPod[],
  { kind, name, stuckPods }: Pick<UndoChoices, 'stuckPods'> & WorkloadName,
): readonly Finding[] {
  if (stuck.length === 0) return []
  const isDeleted = stuckPods === 'delete'
  return [
    {
      level: isDeleted ? 'warning' : 'blocker',
      code: 'k8s.stuck-pods',
      message: `${kind} ${name} waits for ${stuck.map((pod) => pod.name).join(', ')}, which never get ready and are never replaced by themselves`,
      hint: isDeleted ? 'They are deleted once the target is stored.' : "Write stuckPods: 'delete' to delete exactly these.",
    },
  ]
}
