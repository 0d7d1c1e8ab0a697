import { approve, type RequestBox, type RunOptions } from '../../src/index.ts'
import { allLeaves, type Actor, type Approval, type PreparedPreview } from '@backstep/core'

const roles = [
  ['tech-lead', 'product-owner', 'qa', 'team', 'on-call'],
  ['dba', 'cto', 'stakeholder'],
  ['incident-commander', 'devops', 'backend-lead', 'security'],
  ['product-owner', 'tech-lead'],
] as const
const people: readonly Actor[] = roles.map((held, index) => ({ id: `person-${index + 1}`, roles: [...held] }))

/** Everybody says yes to what they were shown, hazards by name. */
export function everybodyAgrees(preview: PreparedPreview, at: number): readonly Approval[] {
  const hazards = preview.steps.filter(({ risk }) => risk.includes('data-loss') || risk.includes('point-of-no-return')).map(({ id }) => id)
  return people.map((actor) => approve(preview, { actor, at, accepts: hazards }))
}

/** People who answer every gate that opens: decisions as told, everything else with yes. */
export function atTheGates(
  preview: PreparedPreview,
  requests: RequestBox,
  decisions: Readonly<Record<string, string>>,
): Pick<RunOptions, 'onGate'> {
  const gates = new Map(allLeaves(preview.plan).map((leaf) => [leaf.id, leaf.gate]))
  return {
    async onGate({ id, hash }, { runId }) {
      const gate = gates.get(id)
      const isApproval = gate === undefined || gate.gate === 'approval'
      const asked = isApproval ? people : people.filter((actor) => actor.roles?.includes(gate.role) === true).slice(0, 1)
      const answer = isApproval ? 'approved' : gate.gate === 'decision' ? (decisions[gate.name] ?? 'nobody decided') : 'confirmed'
      for (const actor of asked) await requests.post(runId, { ask: 'gate', id, hash, answer, actor })
      return undefined
    },
  }
}
