import type { IndexedNode } from './plan-index.ts'

/** How far a part of the plan is, going forward. `waiting`: for a person at a gate. */
export type Progress = 'done' | 'failed' | 'active' | 'waiting' | 'idle' | 'blocked'
/** How far a part of the plan is, going back. `cut`: a point of no return stands in the way. */
export type Undone = 'undone' | 'active' | 'stuck' | 'cut'

/** What the last evaluation of a node found, and how far it got: only what changed since is looked at again. */
export interface NodeMemo {
  version: number
  /** Going forward when nothing new may begin, and when it may. */
  draining: { readonly version: number; readonly progress: Progress } | undefined
  starting: { readonly version: number; readonly progress: Progress } | undefined
  backward: { readonly version: number; readonly undone: Undone } | undefined
  /** Sequences: children before this one are done. Going back: children after this one are undone. */
  cursor: number
  backCursor: number
  /** Groups whose children run beside each other. */
  beside: BesideMemo | undefined
}

/** Children beside each other, by what each of them said last. */
export interface BesideMemo {
  readonly draining: Tally<Progress>
  readonly starting: Tally<Progress>
  readonly backward: Tally<Undone>
}

/** What each child said, how often each answer was given, and which children changed since. */
export interface Tally<State> {
  readonly states: (State | undefined)[]
  readonly counts: Map<State, number>
  readonly changed: Set<number>
  /** Children before this one were asked. */
  next: number
}

export function freshMemo(node: IndexedNode, version = 0): NodeMemo {
  return {
    version,
    draining: undefined,
    starting: undefined,
    backward: undefined,
    cursor: 0,
    backCursor: node.children.length - 1,
    beside: undefined,
  }
}

export function freshBeside(): BesideMemo {
  return { draining: freshTally(), starting: freshTally(), backward: freshTally() }
}

function freshTally<State>(): Tally<State> {
  return { states: [], counts: new Map(), changed: new Set(), next: 0 }
}

/** The child at this place, and so the group, has to be asked again. */
export function noteChange({ draining, starting, backward }: BesideMemo, place: number): void {
  for (const tally of [draining, starting, backward]) if (place < tally.next) tally.changed.add(place)
}

/** Asks the children that changed since they were asked last. */
export function askChanged<State>(tally: Tally<State>, ask: (place: number) => State): void {
  for (const place of tally.changed) note(tally, place, ask(place))
  tally.changed.clear()
}

/** Asks the first child that was not asked yet. */
export function askNext<State>(tally: Tally<State>, ask: (place: number) => State): void {
  const place = tally.next++
  note(tally, place, ask(place))
}

export function countOf<State>({ counts }: Tally<State>, state: State): number {
  return counts.get(state) ?? 0
}

function note<State>({ states, counts }: Tally<State>, place: number, now: State): void {
  const before = states[place]
  if (before !== undefined) counts.set(before, (counts.get(before) ?? 0) - 1)
  states[place] = now
  counts.set(now, (counts.get(now) ?? 0) + 1)
}
