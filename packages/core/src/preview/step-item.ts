import { durationMs, formatDuration } from '../contract/duration.ts'
import type { Duration } from '../contract/json.ts'
import { worstRisk, type Risk } from '../contract/risk.ts'
import type { SealedLeaf } from '../seal/sealed-plan.ts'
import { changeView } from './change-view.ts'
import type { PreviewedStep } from './preview.ts'
import { item, type TreeItem } from './step-tree.ts'
import { listedUpTo, type Entry } from './wording.ts'

const riskWords: Readonly<Record<Risk, string>> = {
  none: 'none',
  reversible: 'reversible',
  'data-loss': 'data-loss',
  'point-of-no-return': 'no return',
}

/** A step as it is shown: summary, changes, what going back would mean, its findings. */
export function stepItem(leaf: SealedLeaf, step: PreviewedStep | undefined): TreeItem {
  if (step === undefined) return item(leaf.id, { isStep: true, notes: [{ text: 'was not previewed', weight: 'careful' }] })
  if (step.state === 'not-taken') return item(leaf.id, { isStep: true, state: step.state, notes: [{ text: 'not taken' }] })
  return item(leaf.id, {
    isStep: true,
    state: step.state,
    columns: { risk: riskWord(step), time: approximate(step.estimate?.duration), back: backWord(leaf, step) },
    changes: step.changes.filter(({ action, dataLoss }) => action !== 'none' || dataLoss !== undefined).map(changeView),
    notes: notesOf(step),
  })
}

function riskWord({ state, risk }: PreviewedStep): string {
  if (state === 'refused') return 'REFUSED'
  if (state === 'unchanged') return 'unchanged'
  const worst = riskWords[worstRisk(risk)]
  return state === 'late' ? `up to ${worst}` : worst
}

function backWord(leaf: SealedLeaf, { state, risk, undo }: PreviewedStep): string {
  const changesNothing = worstRisk(risk) === 'none'
  if (state === 'unchanged' || state === 'refused' || (changesNothing && state !== 'late')) return ''
  if (!leaf.canUndo || risk.includes('point-of-no-return') || undo?.risk === 'point-of-no-return') return changesNothing ? '' : 'impossible'
  if (state === 'late') return 'known later'
  return undo?.risk === 'data-loss' ? 'loses data' : 'puts all back'
}

function notesOf(step: PreviewedStep): readonly Entry[] {
  const { summary, state, waitsFor, refusal, estimate, undo, findings } = step
  const down = approximate(estimate?.downtime)
  const hazards = findings.map(({ level, message }): Entry => ({
    text: `${level}: ${message}`,
    weight: level === 'blocker' ? 'bad' : 'careful',
  }))
  return [
    ...(summary === '' ? [] : [{ text: summary }]),
    ...(refusal === undefined ? [] : [{ text: `${refusal.code}: ${refusal.message}`, weight: 'bad' as const }, { text: refusal.hint }]),
    ...(state === 'late' ? [{ text: `known only later: it waits for ${listedUpTo(4, waitsFor)}` }] : []),
    ...(down === '' || down === '~0 ms' ? [] : [{ text: down.replace('~', 'down for about '), weight: 'careful' as const }]),
    ...undoNotes(undo),
    ...hazards,
  ]
}

function undoNotes(undo: PreviewedStep['undo']): readonly Entry[] {
  if (undo === undefined) return []
  const time = approximate(undo.estimate?.duration).replace('~', 'takes about ')
  const down = approximate(undo.estimate?.downtime).replace('~', 'down for about ')
  const costs = [time, down].filter((text) => text !== '').join(', ')
  if (undo.loses !== undefined) return [{ text: `going back loses ${undo.loses}${costs === '' ? '' : `; ${costs}`}`, weight: 'careful' }]
  return costs === '' ? [] : [{ text: `going back ${costs}` }]
}

function approximate(duration: Duration | undefined): string {
  return duration === undefined ? '' : `~${formatDuration(durationMs(duration))}`
}
