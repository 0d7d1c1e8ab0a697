import type { State } from './state.ts'
import type { LeafState, Run } from '../../../src/index.ts'

/**
 * A text that is equal for two states from which exactly the same can happen. Times count relative to now and attempts relative to where
 * their limit started; what only people read (evidence, messages) is left out.
 */
export function keyOf({ run, world, budget, now, acquiring }: State): string {
  const cells = [...world.cells.values()].map(({ value, landing }) => value[0] + (landing?.[0] ?? '')).join('')
  const tries = [...world.tries]
    .map(([name, count]) => `${name}${Math.min(count, 4)}`)
    .sort()
    .join()
  return `${runKey(run, now)}|${cells}|${[...world.held].sort().join()}|${tries}|${budget.crashes}${budget.cancels}${budget.losses}${budget.answers}|${run.isAcquiring ? acquiring.join() : ''}`
}

export function runKey(run: Run, now: number): string {
  const leaves = run.leaves.map((leaf) => leafKey(leaf) + timesOf(leaf, now)).join(';')
  const { readiness, everLeased, isAcquiring, lost, isBackward, why, cancel, blocked, outcome, refusal } = run
  const flags = [
    readiness,
    everLeased,
    isAcquiring,
    lost,
    isBackward,
    why,
    cancel?.mode,
    blocked?.reason,
    blocked?.ids,
    outcome,
    refusal,
  ].join()
  return `${leaves}|${flags}|${outstandingKey(run)}|${[...run.branches].join()}|${sorted(run.toSurvey)}|${sorted(run.openGates)}`
}

export function outstandingKey(run: Run): string {
  return [...run.outstanding]
    .map(([number, { do: what }]) => `${number}${what}`)
    .sort()
    .join()
}

/** Facts that decide nothing, or that are counted relative to something else. */
const leftOut: ReadonlySet<string> = new Set([
  'generation',
  'attempt',
  'attemptBase',
  'undoAttempt',
  'undoAttemptBase',
  'evidence',
  'since',
  'notBefore',
  'healthySince',
  'notRestored',
  'status',
])
const numberOf = new Map<string, string>()
const known = new WeakMap<LeafState, string>()

/** A short name for everything about a leaf but times: the same for the same facts. */
function leafKey(leaf: LeafState): string {
  const found = known.get(leaf)
  if (found !== undefined) return found
  let facts = `${leaf.attempt - leaf.attemptBase},${leaf.undoAttempt - leaf.undoAttemptBase}`
  for (const name in leaf) if (!leftOut.has(name)) facts += `,${name}=${brief(name, leaf[name as keyof LeafState])}`
  const short = numberOf.get(facts) ?? numberOf.size.toString(36)
  numberOf.set(facts, short)
  known.set(leaf, short)
  return short
}

function brief(name: string, value: LeafState[keyof LeafState]): string {
  if (typeof value !== 'object') return String(value)
  if (name === 'answers' || name === 'notes') return String((value as readonly unknown[]).length)
  const { code, approvalHash, hash } = value as { readonly code?: string; readonly approvalHash?: string; readonly hash?: string }
  return code ?? approvalHash ?? hash ?? JSON.stringify(value)
}

function timesOf({ since, notBefore, healthySince }: LeafState, now: number): string {
  if (since === undefined && notBefore === undefined && healthySince === undefined) return ''
  const ago = (time: number | undefined): string => (time === undefined ? '' : String(now - time))
  return `@${ago(since)},${notBefore === undefined ? '' : Math.max(0, notBefore - now)},${ago(healthySince)}`
}

function sorted(numbers: Iterable<number>): string {
  return [...numbers].sort((one, other) => one - other).join()
}
