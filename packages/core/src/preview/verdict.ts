import { formatDuration } from '../contract/duration.ts'
import { worstRisk, type Risk } from '../contract/risk.ts'
import { blockersOf } from './blockers.ts'
import { livingLeaves } from './preview-tree.ts'
import type { Preview, PreviewTotals } from './preview.ts'
import { count, listed, type Entry } from './wording.ts'

/** The first thing that a person reads. */
export interface PreviewVerdict {
  /** One line: whether it can run. */
  readonly headline: string
  readonly weight: 'bad' | 'careful' | 'good'
  readonly blockers: readonly Entry[]
}

/** Says whether the plan can run and what it costs. */
export function verdictOf(preview: Preview, totals: PreviewTotals): PreviewVerdict {
  const blockers = blockersOf(preview).map(({ id, message, hint }): Entry => ({
    text: id === undefined ? message : `${id}: ${message}`,
    details: [hint],
    weight: 'bad',
  }))
  if (blockers.length > 0)
    return { headline: `CANNOT RUN: ${count(blockers.length, 'thing blocks', 'things block')} it`, weight: 'bad', blockers }
  const isDone = totals.steps === 0 && preview.steps.some(({ state }) => state === 'unchanged')
  if (isDone) return { headline: 'NOTHING TO CHANGE: everything is at its target already', weight: 'good', blockers }
  const costs = costsOf(preview, totals)
  if (costs.length === 0) return { headline: 'CAN RUN: everything that it does can be put back', weight: 'good', blockers }
  return { headline: `CAN RUN, but it ${listed(costs)}`, weight: 'careful', blockers }
}

/** The worst about data, and the points of no return: one line has room for no more. */
function costsOf(preview: Preview, { dataLoss, mayLoseData, pointsOfNoReturn }: PreviewTotals): readonly string[] {
  const lost = dataLoss.filter(({ keptIn }) => keptIn === undefined)
  const undoRisks = undoRisksOf(preview)
  const about = [
    lost.some(({ onlyIf }) => onlyIf !== true) && 'loses data',
    lost.length + mayLoseData.length > 0 && 'may lose data',
    undoRisks.includes('point-of-no-return') && 'cannot be put back as a whole',
    undoRisks.includes('data-loss') && 'loses data when it goes back',
    dataLoss.length > 0 && 'sets data aside',
  ].find((text) => text !== false)
  const cuts = pointsOfNoReturn.length
  return [...(about === undefined ? [] : [about]), ...(cuts > 0 ? [`crosses ${count(cuts, 'point')} of no return`] : [])]
}

/** What going back over the steps that may run would mean. Points of no return are counted elsewhere. */
function undoRisksOf({ plan, steps }: Preview): readonly Risk[] {
  const found = new Map(steps.map((step) => [step.id, step]))
  return livingLeaves(plan).flatMap((leaf): readonly Risk[] => {
    const step = found.get(leaf.id)
    if (step === undefined || step.state === 'unchanged' || worstRisk(step.risk) === 'none' || step.risk.includes('point-of-no-return'))
      return []
    return [leaf.canUndo ? (step.undo?.risk ?? 'reversible') : 'point-of-no-return']
  })
}

/** The sums of a preview, label and value. */
export function numbersOf(totals: PreviewTotals): readonly (readonly [label: string, value: string])[] {
  const later = totals.late === 0 ? '' : `; ${count(totals.late, 'step is', 'steps are')} known only later`
  return [
    ['changes', `${count(totals.changes, 'change')} in ${count(totals.steps, 'step')}${later}`],
    ['risk', totals.risk],
    ['time', timeText(totals.durationMs)],
    ['downtime', timeText(totals.downtimeMs)],
  ]
}

function timeText({ known, stepsWithout }: PreviewTotals['durationMs']): string {
  if (known === 0) return stepsWithout === 0 ? 'none' : `not known (${count(stepsWithout, 'step gives', 'steps give')} no estimate)`
  return stepsWithout === 0
    ? `about ${formatDuration(known)}`
    : `at least ${formatDuration(known)} (${count(stepsWithout, 'step gives', 'steps give')} no estimate)`
}
