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

/** Every n-th contact, and every one that writes. */
export function pointsOf(contacts: readonly Contact[], every: number, modes?: readonly ContactMode[]): readonly Point[] {
  return contacts
    .map(({ name, mode }, index) => ({ contact: index + 1, name, mode }))
    .filter(({ mode, contact }) => (modes === undefined || modes.includes(mode)) && (mode !== 'read' || (contact - 1) % every === 0))
}

/** Before the first contact, and after each of the chosen ones: a crash before a contact is one after the contact before it. */
export function crashPoints(contacts: readonly Contact[], every: number): readonly (Point & Pick<Disturbance, 'when'>)[] {
  const [first] = contacts
  const start = first === undefined ? [] : [{ contact: 1, name: first.name, mode: first.mode, when: 'before' as const }]
  return [...start, ...pointsOf(contacts, every).map((point) => ({ ...point, when: 'after' as const }))]
}
