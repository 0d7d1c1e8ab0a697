/**
 * What goes wrong with a leaf. `…Once`: at its first attempt only.
 *
 * - heldElsewhere: another run holds its lease when it is reached for the first time.
 * - refuse, busy: a definite no without an effect; busy may be tried again.
 * - doubt: the call failed and its outcome is not known; it was applied, was not, by half, or lands later: while nobody
 *   can see it (lateLanding), or when the next attempt is refused (landsLate).
 * - undo…: the same on the way back. `undoIdle` says that it worked and did nothing.
 * - late: its target is known only when it is reached, so its lease too.
 * - drifted: somebody changed the target between the preview and the run.
 * - foreign: somebody else changes the target after the step was done.
 * - loses: going back over it would lose data. asks: it loses data itself and nobody named it.
 */
export const stepFaults = [
  'late',
  'drifted',
  'prepareRefuse',
  'prepareBusyOnce',
  'heldElsewhere',
  'unchanged',
  'asks',
  'asksAndDenied',
  'refuse',
  'refuseOnce',
  'busyOnce',
  'busy',
  'doubtApplied',
  'doubtNothing',
  'doubtHalf',
  'halfThenRefuse',
  'lateLanding',
  'landsLate',
  'unhealthy',
  'noData',
  'blindProbe',
  'loses',
  'foreign',
  'undoRefuse',
  'undoRefuseOnce',
  'undoBusyOnce',
  'undoDoubtApplied',
  'undoDoubtNothing',
  'undoHalf',
  'undoIdle',
] as const
export const gateFaults = ['outOfTime'] as const
export const observeFaults = ['sick', 'noSamples'] as const
export type Fault = (typeof stepFaults)[number] | (typeof gateFaults)[number] | (typeof observeFaults)[number]
export type Faults = ReadonlyMap<string, readonly Fault[]>

export type WriteOutcome =
  | { readonly effect: 'whole' | 'none'; readonly says: 'done' }
  | { readonly effect: 'whole' | 'none' | 'half' | 'later'; readonly says: 'unknown' }
  | { readonly effect: 'whole' | 'none'; readonly says: 'refused' | 'busy' }

const done: WriteOutcome = { effect: 'whole', says: 'done' }
const refused: WriteOutcome = { effect: 'none', says: 'refused' }
const busy: WriteOutcome = { effect: 'none', says: 'busy' }
const unknown = (effect: 'whole' | 'none' | 'half' | 'later'): WriteOutcome => ({ effect, says: 'unknown' })

/** What the `count`th effect (from 1) of a leaf does. */
export function effectOf(faults: readonly Fault[], count: number): WriteOutcome {
  const isFirst = count === 1
  for (const fault of faults) {
    if (fault === 'refuse' || (fault === 'refuseOnce' && isFirst)) return refused
    if (fault === 'busy' || (fault === 'busyOnce' && isFirst)) return busy
    // The second call is refused for certain, and in that moment the first one arrives.
    if (fault === 'landsLate' && count <= 2) return isFirst ? unknown('none') : { effect: 'whole', says: 'refused' }
    if (fault === 'halfThenRefuse') return isFirst ? unknown('half') : refused
    if (!isFirst) continue
    if (fault === 'doubtApplied') return unknown('whole')
    if (fault === 'doubtNothing') return unknown('none')
    if (fault === 'doubtHalf') return unknown('half')
    if (fault === 'lateLanding') return unknown('later')
  }
  return done
}

/** What the `count`th undo (from 1) of a leaf does. */
export function undoOf(faults: readonly Fault[], count: number): WriteOutcome {
  const isFirst = count === 1
  for (const fault of faults) {
    if (fault === 'undoRefuse' || (fault === 'undoRefuseOnce' && isFirst)) return refused
    if (fault === 'undoIdle') return { effect: 'none', says: 'done' }
    if (!isFirst) continue
    if (fault === 'undoBusyOnce') return busy
    if (fault === 'undoDoubtApplied') return unknown('whole')
    if (fault === 'undoDoubtNothing') return unknown('none')
    if (fault === 'undoHalf') return unknown('half')
  }
  return done
}
