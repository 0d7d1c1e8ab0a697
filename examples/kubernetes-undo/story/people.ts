import { type Actor, allLeaves, type Approval, type PreparedPreview } from '@backstep/core'
import { approve, type RunOptions } from '@backstep/runner'

/** Who says yes and answers in the story. In production these are people. */
export const people: readonly Actor[] = [
  { id: 'tarik', roles: ['tech-lead', 'on-call'] },
  { id: 'petra', roles: ['product-owner'] },
  { id: 'quinn', roles: ['qa'] },
  { id: 'dana', roles: ['dba', 'security'] },
]

/** Everybody's yes to exactly this preview. */
export function everybodyAgrees(preview: PreparedPreview): readonly Approval[] {
  return people.map((actor) => approve(preview, { actor, at: Date.now() }))
}

/** Answers decisions as told, and lists with "confirmed", each by somebody of its role. */
export function answers(preview: PreparedPreview, decisions: Readonly<Record<string, string>>): Required<Pick<RunOptions, 'onGate'>> {
  const gates = new Map(allLeaves(preview.plan).map((leaf) => [leaf.id, leaf.gate]))
  return {
    async onGate({ id, hash }) {
      const gate = gates.get(id)
      if (gate === undefined || gate.gate === 'approval') return undefined
      const actor = people.find(({ roles }) => roles?.includes(gate.role) === true)
      const answer = gate.gate === 'decision' ? decisions[gate.name] : 'confirmed'
      return actor === undefined || answer === undefined ? undefined : { ask: 'gate', id, hash, answer, actor }
    },
  }
}
