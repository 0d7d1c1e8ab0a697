import type { SealedNode } from '../seal/sealed-plan.ts'
import { flow } from './flow.ts'
import { isChange, isCheck } from './leaf-facts.ts'

/** Worst to best: something changed that nothing has looked at; nothing was looked at; looked at since the last change. */
const states = ['changed', 'unseen', 'seen'] as const

/** How well the world is known when a leaf is reached. */
export type LookedAt = (typeof states)[number]

/** How well the world is known when each leaf is reached, on the worst way to it. */
export function lookedAt(tree: SealedNode): ReadonlyMap<string, LookedAt> {
  return flow<LookedAt>(tree, {
    direction: 'forward',
    start: 'unseen',
    pass: (leaf, before) => (isCheck(leaf) ? 'seen' : isChange(leaf) ? 'changed' : before),
    beside: (ends) => (ends.includes('changed') ? 'changed' : ends.includes('seen') ? 'seen' : 'unseen'),
    either: (ends) => states.find((state) => ends.includes(state)) ?? 'unseen',
  })
}
