import { RollbackError } from '@backstep/core'
import { shortName } from '@backstep/kubernetes'
import { compareNumbers, hashWithoutRestart, imagesOf, type Revision } from './revisions.ts'
import type { WorkloadName } from './workload.ts'

/**
 * Which revision. `lastKnownGood` takes the newest one that says of itself that it was good: its pods are ready now, it was marked good, or
 * it ran long enough before it was replaced. `previous` takes the one before the current one, whether it was any good or not.
 */
export type RevisionChoice =
  | { readonly name: string }
  | { readonly revision: string }
  | { readonly digest: string }
  | { readonly label: { readonly name: string; readonly value: string } }
  | { readonly lastKnownGood: { readonly ranAtLeastMs: number } }
  | { readonly previous: true }

/** A revision, and why it is the one. */
export interface ChosenRevision {
  readonly revision: Revision
  readonly evidence: string
}

/** Annotation of a ReplicaSet or ControllerRevision (or of the workload, when it names the revision) that says that it was seen good. */
export const seenGood = 'backstep.dev/seen-good'

/** @throws RollbackError `TARGET_NOT_FOUND` with the names of those that there are. */
export function revisionNamed(name: string, history: readonly Revision[], workload: WorkloadName): Revision {
  const found = history.find((revision) => revision.name === name)
  if (found === undefined) throw noRevision(`no revision named ${name}`, history, workload)
  return found
}

/**
 * The revision that is meant. Two that fit are one too many, unless they have one template: the controller may keep it twice.
 *
 * @throws RollbackError `TARGET_NOT_FOUND`, naming what there is; `TARGET_AMBIGUOUS` when several fit; `PRECONDITION_FAILED` when "previous" has
 * no meaning yet, since the controller has not seen the current template.
 */
export function chooseRevision(
  choice: RevisionChoice,
  history: readonly Revision[],
  current: Revision | undefined,
  workload: WorkloadName,
): ChosenRevision {
  if ('name' in choice) return { revision: revisionNamed(choice.name, history, workload), evidence: 'chosen by name' }
  if ('revision' in choice) return byNumber(choice.revision, history, workload)
  if ('lastKnownGood' in choice)
    return lastKnownGood(history, requireCurrent(current, workload), choice.lastKnownGood.ranAtLeastMs, workload)
  if ('previous' in choice) {
    const before = previousOf(history, requireCurrent(current, workload))
    if (before === undefined) throw noRevision('no revision before the current one', history, workload)
    return { revision: before, evidence: 'the one before the current one; nothing says that it was good' }
  }
  const fits =
    'digest' in choice
      ? (revision: Revision) => imagesOf(revision.template).some(({ digest }) => digest === choice.digest)
      : labelled(choice.label)
  const what = 'digest' in choice ? `the digest ${choice.digest}` : `the label ${choice.label.name}=${choice.label.value}`
  return { revision: onlyOne(history.filter(fits), what, history, workload), evidence: `has ${what}` }
}

/** Numbers in `revision-history` are of the past: what had them has another one now. */
function byNumber(number: string, history: readonly Revision[], workload: WorkloadName): ChosenRevision {
  const found = /^[1-9]\d*$/.test(number) ? history.find((revision) => revision.number === number) : undefined
  if (found === undefined) throw noRevision(`no revision ${number}`, history, workload)
  return { revision: found, evidence: `had the number ${number} when it was chosen` }
}

function labelled({ name, value }: { readonly name: string; readonly value: string }): (revision: Revision) => boolean {
  return ({ template, labels }) => {
    const { metadata } = template as { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } }
    return labels[name] === value || metadata?.labels?.[name] === value
  }
}

function onlyOne(found: readonly Revision[], what: string, history: readonly Revision[], workload: WorkloadName): Revision {
  const [first, ...others] = found
  if (first === undefined) throw noRevision(`no revision with ${what}`, history, workload)
  const different = others.filter(({ template }) => hashWithoutRestart(template) !== hashWithoutRestart(first.template))
  if (different.length === 0) return first
  throw new RollbackError(
    'TARGET_AMBIGUOUS',
    `${shortName(workload)} has several revisions with ${what}: ${found.map(({ name }) => name).join(', ')}`,
    {
      hint: 'Choose one of them by name.',
    },
  )
}

function requireCurrent(current: Revision | undefined, workload: WorkloadName): Revision {
  if (current !== undefined) return current
  throw new RollbackError(
    'PRECONDITION_FAILED',
    `The controller of ${shortName(workload)} has not seen its current template, so there is no telling what came before it`,
    {
      hint: 'Wait a moment (a paused Deployment has to be resumed), or choose a revision by name.',
      canRetry: true,
    },
  )
}

/** The newest below the current one, whatever is above it. */
function previousOf(history: readonly Revision[], current: Revision): Revision | undefined {
  return history.find(({ number, name }) => name !== current.name && compareNumbers(number, current.number) < 0)
}

function lastKnownGood(history: readonly Revision[], current: Revision, ranAtLeastMs: number, workload: WorkloadName): ChosenRevision {
  const others = history.filter(({ template }) => hashWithoutRestart(template) !== hashWithoutRestart(current.template))
  for (const revision of others) {
    const evidence = evidenceOfGood(revision, history, ranAtLeastMs)
    if (evidence !== undefined) return { revision, evidence }
  }
  throw noRevision('no revision of which anything says that it was good', others, workload)
}

/** What says that a revision was good; `undefined` when nothing does. */
export function evidenceOfGood(revision: Revision, history: readonly Revision[], ranAtLeastMs: number): string | undefined {
  const marked = revision.annotations[seenGood]
  if (marked !== undefined && marked.startsWith(revision.name)) return `marked as seen good: ${marked}`
  if (revision.readyPods > 0) return `${revision.readyPods} of its pods are ready now`
  const ranMs = revision.wasUsedAgain ? undefined : ranFor(revision, history)
  if (ranMs !== undefined && ranMs >= ranAtLeastMs) return `ran for ${Math.floor(ranMs / 60_000)} min before it was replaced`
  return undefined
}

/** From when it was made until the next one was. Of one that was used again that says nothing. */
function ranFor(revision: Revision, history: readonly Revision[]): number | undefined {
  const later = history.filter(({ createdAt }) => createdAt > revision.createdAt).map(({ createdAt }) => createdAt)
  const end = later.toSorted()[0]
  return end === undefined ? undefined : Date.parse(end) - Date.parse(revision.createdAt)
}

export function noRevision(what: string, history: readonly Revision[], workload: WorkloadName): RollbackError {
  const known = history.map(({ name, number }) => `${name} (${number})`).join(', ')
  return new RollbackError('TARGET_NOT_FOUND', `${shortName(workload)} has ${what}; it has ${known || 'none'}`, {
    hint: 'Choose one of these, or go back to a stored release: its controller keeps as many revisions as revisionHistoryLimit says.',
  })
}
