import type { ContactMode } from '@backstep/core'
import type { Disturbance } from './trap.ts'

interface Contact {
  readonly name: string
  readonly mode: ContactMode
}

/** One contact with its number, from 1. */
export interface Point {
  readonly contact: number
  readonly name: string
  readonly mode: ContactMode
}

/** Which contacts are disturbed. */
export interface Sampling {
  readonly every: number
  readonly most: number
}

/** Every n-th contact, and every one that writes; of these at most so many. */
export function pointsOf(contacts: readonly Contact[], { every, most }: Sampling, modes?: readonly ContactMode[]): readonly Point[] {
  const points = contacts
    .map(({ name, mode }, index) => ({ contact: index + 1, name, mode }))
    .filter(({ mode, contact }) => (modes === undefined || modes.includes(mode)) && (mode !== 'read' || (contact - 1) % every === 0))
  if (points.length <= most) return points
  const writes = spread(
    points.filter(({ mode }) => mode !== 'read'),
    most,
  )
  const reads = spread(
    points.filter(({ mode }) => mode === 'read'),
    most - writes.length,
  )
  return [...writes, ...reads].toSorted((one, other) => one.contact - other.contact)
}

/** Before the first contact, and after each of the chosen ones: a crash before a contact is one after the contact before it. */
export function crashPoints(contacts: readonly Contact[], sampling: Sampling): readonly (Point & Pick<Disturbance, 'when'>)[] {
  const [first] = contacts
  const start = first === undefined ? [] : [{ contact: 1, name: first.name, mode: first.mode, when: 'before' as const }]
  return [...start, ...pointsOf(contacts, sampling).map((point) => ({ ...point, when: 'after' as const }))]
}

/** At most so many of them, at even distances; the last is always one of them. */
export function spread<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all
  return all.filter((_, index) => Math.floor(((index + 1) * most) / all.length) > Math.floor((index * most) / all.length))
}
