import { gate, notice, observe, plan, planTemplate, type PlanNode, route, sequence } from '@backstep/core'
import { fewRestarts, findRevision, podsReady, scaleToZero, undoRollout } from '@backstep/k8s'
import { type Place, place } from './place.ts'

/** A release is broken in production: say what is wrong, decide together, go back, see that it is well, tell everybody. */
export default planTemplate({
  name: 'undo release',
  input: place,
  build(input) {
    const { name, window, ...where } = input
    const good = findRevision({ ...where, name, choose: 'last-known-good' })
    const symptom = gate.decision({
      name: 'symptom',
      role: 'tech-lead',
      options: ['down-or-slow', 'wrong-data', 'break-in'],
      timeBox: '5m',
      onTimeout: 'escalate',
    })
    return plan({
      name: 'undo release',
      summary: `${name} runs the newest release that was seen good.`,
      severity: { level: 'sev1', decision: 'confirm' },
      timeBudget: { decide: '5m', undo: '10m', observe: window },
      steps: sequence(
        good,
        symptom,
        route(symptom.output.answer, {
          'down-or-slow': goBack(input, good),
          'wrong-data': stop(input, 'dba', ['the data is repaired', 'writers may start again']),
          'break-in': stop(input, 'security', ['what came in is kept', 'the hole is closed', 'secrets are rotated']),
        }),
      ),
      always: [notice('team.report', { about: name })],
    })
  },
})

function goBack({ window, ...target }: Place, good: ReturnType<typeof findRevision>): PlanNode<'none' | 'reversible'> {
  const isWell = [podsReady({ ...target, templateHash: good.output.templateHash }), fewRestarts(target)]
  return sequence(
    gate.approval({ name: 'go', roles: ['tech-lead', 'product-owner'], quorum: 'all', expires: '15m', breakGlass: true }),
    notice('team.message', { text: `${target.name} goes back to the last good release` }),
    undoRollout({ ...target, to: good.output.name, whenPaused: 'resume' }),
    observe({ name: 'pods', checks: isWell, for: window, every: '1s', deadline: '30m' }),
    gate.manualCheck({ name: 'quality', role: 'qa', checklist: ['log in', 'order'], timeout: '30m' }),
    notice('team.message', { text: `${target.name} is well again` }),
  )
}

/** Old code does not repair data, and may have the same hole: stop what does the harm, keep it as it is, and let those decide who know. */
function stop({ window: _, name, ...where }: Place, role: string, checklist: readonly string[]): PlanNode<'none' | 'reversible'> {
  return sequence(
    gate.approval({ name: `stop for ${role}`, roles: ['tech-lead'] }),
    scaleToZero({ ...where, workloads: [{ name }] }, { id: `stop for ${role}` }),
    gate.manualCheck({ name: `${role} is through`, role, checklist, timeout: '4h' }),
  )
}
