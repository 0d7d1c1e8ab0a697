import type { ChangeView } from './change-view.ts'
import type { StepColumns, TreeItem } from './step-tree.ts'
import { columnsOf } from './plain-text.ts'
import { columnsOfSpans, paint, tone, wrap, type Span, type Terminal, type Tone } from './terminal.ts'

const columnWidths = { risk: 16, time: 12, back: 13 } as const
const allColumns = columnWidths.risk + columnWidths.time + columnWidths.back

/** A tree with its heading; with columns for risk, time and going back when asked for. */
export function treeLines(terminal: Terminal, title: string, items: readonly TreeItem[], hasColumns: boolean): readonly string[] {
  const heading = hasColumns
    ? withColumns(terminal, [tone('bold', title)], '', { risk: 'RISK', time: 'TIME', back: 'GOING BACK' })
    : wrap(terminal, [tone('bold', title)])
  return [...heading, ...(items.length === 0 ? ['  nothing'] : itemsLines(terminal, items, ''))]
}

function itemsLines(terminal: Terminal, items: readonly TreeItem[], prefix: string): readonly string[] {
  const { branch, last, through, gap } = terminal.glyphs
  return items.flatMap((one, index) => {
    const isLast = index === items.length - 1
    return itemLines(terminal, one, prefix + (isLast ? last : branch), prefix + (isLast ? gap : through))
  })
}

function itemLines(terminal: Terminal, shown: TreeItem, first: string, rest: string): readonly string[] {
  const head: readonly Span[] = [shown.isStep ? tone('name', shown.title) : shown.title]
  const isQuiet = shown.state === 'not-taken'
  const title =
    shown.columns === undefined
      ? wrap(terminal, isQuiet ? [tone('dim', shown.title)] : head, first, `${rest}  `)
      : withColumns(terminal, head, first, shown.columns)
  const body = shown.children.length > 0 ? `${rest}${terminal.glyphs.through}` : `${rest}  `
  return [
    ...title,
    ...shown.notes.slice(0, 1).flatMap((note) => noteLines(terminal, note, body)),
    ...shown.changes.flatMap((change) => changeLines(terminal, change, body)),
    ...shown.notes.slice(1).flatMap((note) => noteLines(terminal, note, body)),
    ...itemsLines(terminal, shown.children, rest),
  ]
}

function noteLines(terminal: Terminal, { text, weight }: TreeItem['notes'][number], prefix: string): readonly string[] {
  return wrap(terminal, [weight === undefined ? text : tone(weight, text)], prefix, `${prefix}  `)
}

const actionTones: Readonly<Record<ChangeView['action'], Tone>> = {
  create: 'added',
  update: 'careful',
  replace: 'careful',
  delete: 'removed',
  run: 'careful',
  none: 'dim',
}

function changeLines(terminal: Terminal, change: ChangeView, prefix: string): readonly string[] {
  const identity = identityText(terminal, change)
  const head: readonly Span[] = [tone(actionTones[change.action], change.action), ' ', change.resource]
  const isShort = identity === '' || columnsOf(prefix) + columnsOfSpans(head) + 3 + columnsOf(identity) <= terminal.width
  return [
    ...wrap(terminal, isShort && identity !== '' ? [...head, '   ', identity] : head, prefix, `${prefix}  `),
    ...(isShort ? [] : wrap(terminal, [identity], `${prefix}  `, `${prefix}    `)),
    ...change.diff.flatMap(({ sign, text }) => wrap(terminal, [diffSpan(sign, text)], `${prefix}  `, `${prefix}      `)),
    ...(change.loss === undefined
      ? []
      : wrap(terminal, [tone(change.loss.isKept ? 'careful' : 'bad', change.loss.text)], `${prefix}  `, `${prefix}    `)),
  ]
}

function diffSpan(sign: ChangeView['diff'][number]['sign'], text: string): Span {
  if (sign === ' ') return `  ${text}`
  return tone(sign === '-' ? 'removed' : 'added', `${sign} ${text}`)
}

function identityText({ glyphs }: Terminal, { action, before, after }: ChangeView): string {
  if (before === undefined && after === undefined) return ''
  if (before === undefined) return action === 'create' ? `${after}` : `${glyphs.arrow} ${after}`
  return `${before} ${glyphs.arrow} ${after ?? (action === 'delete' ? 'gone' : 'not known')}`
}

/** Title left, columns right; a title that is too long leaves them a line of their own. */
function withColumns(terminal: Terminal, title: readonly Span[], first: string, { risk, time, back }: StepColumns): readonly string[] {
  const cells = cell(risk, columnWidths.risk) + cell(time, columnWidths.time) + back
  const left = terminal.width - allColumns
  const used = columnsOf(first) + columnsOfSpans(title)
  const right = paint(terminal, columnSpan(cells.trimEnd(), risk, back))
  const titleText = title.map((span) => paint(terminal, span)).join('')
  if (used < left) return [`${first}${titleText}${' '.repeat(left - used)}${right}`.trimEnd()]
  const below = first.replaceAll(/[├└|`]/g, (corner) => (corner === '├' ? '│' : corner === '|' ? '|' : ' ')).replaceAll(/[─-]/g, ' ')
  return [`${first}${titleText}`, `${below}${' '.repeat(Math.max(0, left - columnsOf(below)))}${right}`.trimEnd()]
}

function cell(text: string, width: number): string {
  return text.padEnd(width - 1).slice(0, Math.max(width - 1, text.length)) + ' '
}

function columnSpan(cells: string, risk: string, back: string): Span {
  if (risk === 'REFUSED' || risk.endsWith('no return')) return tone('bad', cells)
  return risk.endsWith('data-loss') || back === 'impossible' ? tone('careful', cells) : cells
}
