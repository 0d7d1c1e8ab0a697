import type { Change, FieldChange } from '../contract/preparation.ts'
import { rowsText } from './loss-section.ts'
import { visibleLines } from './plain-text.ts'
import { count } from './wording.ts'

/** One line of a difference. The sign says which side it belongs to; a space belongs to both. */
export interface DiffLine {
  readonly sign: '-' | '+' | ' '
  readonly text: string
}

/** One change in the form that is the same for every system: objects, tables, files, secrets. */
export interface ChangeView {
  readonly action: Change['action']
  readonly resource: string
  readonly before?: string
  readonly after?: string
  readonly diff: readonly DiffLine[]
  /** What is lost or set aside, as a sentence. */
  readonly loss?: { readonly text: string; readonly isKept: boolean }
}

const shownFields = 24
const shownLines = 16

export function changeView({ action, resource, before, after, fields = [], dataLoss }: Change): ChangeView {
  const rest = fields.length - shownFields
  const more: readonly DiffLine[] = rest > 0 ? [{ sign: ' ', text: `and ${count(rest, 'more field')}, all of them in the JSON` }] : []
  return {
    action,
    resource,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    diff: [...fields.slice(0, shownFields).flatMap(fieldLines), ...more],
    ...(dataLoss === undefined ? {} : { loss: { text: lossText(dataLoss), isKept: dataLoss.keptIn !== undefined } }),
  }
}

function fieldLines({ path, before, after }: FieldChange): readonly DiffLine[] {
  if (before === undefined && after === undefined) return [{ sign: ' ', text: `${path}: changes, the value is not shown` }]
  return [...valueLines('-', path, before), ...valueLines('+', path, after)]
}

function valueLines(sign: '-' | '+', path: string, value: string | undefined): readonly DiffLine[] {
  if (value === undefined) return []
  const [first = '', ...lines] = visibleLines(value)
  if (lines.length === 0) return [{ sign, text: `${path}: ${first}` }]
  const shown = [first, ...lines].slice(0, shownLines)
  const rest = lines.length + 1 - shown.length
  return [
    { sign, text: `${path}:` },
    ...shown.map((line) => ({ sign, text: `  ${line}` })),
    ...(rest > 0 ? [{ sign, text: `  and ${count(rest, 'more line')}, all of them in the JSON` }] : []),
  ]
}

/** The window stands in the list of losses; here it would push the step apart. */
function lossText(loss: NonNullable<Change['dataLoss']>): string {
  return loss.keptIn === undefined
    ? `loses ${rowsText(loss)}${loss.what}`
    : `sets aside ${rowsText(loss)}${loss.what}; kept in ${loss.keptIn}`
}
