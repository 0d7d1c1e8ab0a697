import { durationMs } from '../contract/duration.ts'
import type { Duration } from '../contract/json.ts'
import type { Estimate } from '../contract/preparation.ts'
import { worstRisk } from '../contract/risk.ts'
import type { SealedGroup, SealedLeaf } from '../seal/sealed-plan.ts'
import { blockersOf } from './blockers.ts'
import { foldPlan } from './preview-tree.ts'
import type { Preview, PreviewedStep, PreviewTotals, TotalDataLoss } from './preview.ts'

type Sum = { readonly known: number; readonly stepsWithout: number }

/**
 * Adds up a preview.
 *
 * Losses are listed, never summed: rows of different objects are no common amount. Times are lower bounds while any step gives no estimate
 * (`stepsWithout`); a plan that waits for people takes longer.
 */
export function totalsOf(preview: Preview): PreviewTotals {
  const running = preview.steps.filter(({ state }) => state === 'ready' || state === 'late')
  // A step that refused counts with its static worst case: what it would have found is not known.
  const possible = preview.steps.filter(({ state }) => state !== 'not-taken' && state !== 'unchanged')
  return {
    risk: worstRisk(possible.flatMap(({ risk }) => risk)),
    changes: running.flatMap(({ changes }) => changes.filter(({ action }) => action !== 'none')).length,
    steps: running.length,
    late: running.filter(({ state }) => state === 'late').length,
    pointsOfNoReturn: possible.filter(({ risk }) => risk.includes('point-of-no-return')).map(({ id }) => id),
    dataLoss: possible.flatMap(lossesOf),
    mayLoseData: possible.filter((step) => step.risk.includes('data-loss') && lossesOf(step).length === 0).map(({ id }) => id),
    durationMs: longestWay(preview),
    downtimeMs: sumOf(running.map(({ estimate }) => timeOf(estimate, 'downtime'))),
    blockers: blockersOf(preview).map(({ id, message }) => (id === undefined ? message : `${id}: ${message}`)),
  }
}

function lossesOf(step: PreviewedStep): readonly TotalDataLoss[] {
  const onlyIf = step.state === 'alternative' ? { onlyIf: true as const } : {}
  return step.changes.flatMap(({ resource, dataLoss }) =>
    dataLoss === undefined ? [] : [{ step: step.id, resource, ...dataLoss, ...onlyIf }],
  )
}

function timeOf(estimate: Estimate | undefined, which: keyof Estimate): Sum {
  const given: Duration | undefined = estimate?.[which]
  return given === undefined ? { known: 0, stepsWithout: 1 } : { known: durationMs(given), stepsWithout: 0 }
}

function sumOf(parts: readonly Sum[]): Sum {
  return parts.reduce((sum, part) => ({ known: sum.known + part.known, stepsWithout: sum.stepsWithout + part.stepsWithout }), {
    known: 0,
    stepsWithout: 0,
  })
}

function longestWay(preview: Preview): Sum {
  const steps = new Map(preview.steps.map((step) => [step.id, step]))
  return foldPlan<Sum>(preview.plan, (leaf) => leafTime(leaf, steps), groupTime)
}

function leafTime(leaf: SealedLeaf, steps: ReadonlyMap<string, PreviewedStep>): Sum {
  if (leaf.type === 'observe') return { known: leaf.forMs ?? 0, stepsWithout: 0 }
  const step = steps.get(leaf.of ?? leaf.id)
  if (leaf.type === 'release') return { ...timeOf(step?.undo?.estimate, 'duration'), stepsWithout: 0 }
  if (step === undefined || step.state === 'unchanged' || step.state === 'not-taken') return sumOf([])
  return timeOf(step.estimate, 'duration')
}

function groupTime(group: SealedGroup, children: readonly Sum[]): Sum {
  const sum = sumOf(children)
  const longest = Math.max(0, ...children.map(({ known }) => known))
  switch (group.type) {
    case 'sequence':
      return sum
    case 'together':
      return { ...sum, known: Math.max(longest, Math.ceil(sum.known / (group.maxParallel ?? Infinity))) }
    case 'fallback':
      return children[0] ?? sum
    case 'choose':
      return { known: longest, stepsWithout: Math.max(0, ...children.map(({ stepsWithout }) => stepsWithout)) }
  }
}
