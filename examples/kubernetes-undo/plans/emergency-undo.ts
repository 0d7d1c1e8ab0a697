import { gate, notice, observe, type Plan, plan, planTemplate, sequence } from '@backstep/core'
import { fewRestarts, findRevision, podsReady, undoRollout } from '@backstep/k8s'
import { type Place, place } from './place.ts'

/**
 * The last good release again, whether its rollout hangs, is over, or was paused by whoever came first. What makes it fail puts the bad
 * release back, so that people find what they know.
 */
export function emergencyUndo({ name, window, ...where }: Place): Plan<'none' | 'reversible'> {
  const target = { ...where, name }
  const good = findRevision({ ...target, choose: 'last-known-good' })
  return plan({
    name: 'emergency undo',
    summary: `${name} runs the newest release that was seen good.`,
    onFailure: 'compensate',
    steps: sequence(
      good,
      undoRollout({ ...target, to: good.output.name, whenPaused: 'resume' }, { timeout: '5m' }),
      observe({
        name: 'pods',
        checks: [podsReady({ ...target, templateHash: good.output.templateHash }), fewRestarts(target)],
        for: window,
        every: '1s',
        deadline: '15m',
      }),
      notice('team.message', { text: `${name} is back on the last good release` }),
      notice('team.page', { action: 'resolve', about: name }),
    ),
  })
}

/** The same by hand: somebody of the team asks for it, also when the rollout itself looks fine. */
export default planTemplate({
  name: 'manual undo',
  input: place,
  build: (input) =>
    plan({
      name: 'manual undo',
      onFailure: 'compensate',
      steps: sequence(gate.approval({ name: 'go', roles: ['on-call'] }), emergencyUndo(input)),
      always: [notice('team.report', { about: input.name })],
    }),
})
