import { columnsOf, visible } from './plain-text.ts'

/** How a piece of text stands out. */
export type Tone = 'bold' | 'dim' | 'bad' | 'careful' | 'good' | 'name' | 'removed' | 'added'

/** A piece of a line. The text may come from anywhere: it is made visible here, and nowhere else. */
export type Span = string | { readonly text: string; readonly tone: Tone }

/** What the terminal can show. */
export interface Terminal {
  readonly width: number
  readonly hasColour: boolean
  readonly glyphs: Glyphs
}

export interface Glyphs {
  readonly branch: string
  readonly last: string
  readonly through: string
  readonly gap: string
  readonly arrow: string
  readonly bullet: string
}

export const unicodeGlyphs: Glyphs = { branch: '├─ ', last: '└─ ', through: '│  ', gap: '   ', arrow: '→', bullet: '•' }
export const asciiGlyphs: Glyphs = { branch: '|- ', last: '`- ', through: '|  ', gap: '   ', arrow: '->', bullet: '*' }

const codes: Readonly<Record<Tone, string>> = {
  bold: '1',
  dim: '2',
  bad: '1;31',
  careful: '33',
  good: '1;32',
  name: '1',
  removed: '31',
  added: '32',
}

/** Text beyond the edge of the terminal is worse than a line that is a little short. */
const narrowest = 24

export function tone(name: Tone, text: string): Span {
  return { text, tone: name }
}

/** One piece of text as the terminal gets it. The only place that writes an escape sequence. */
export function paint(terminal: Terminal, span: Span): string {
  const text = visible(typeof span === 'string' ? span : span.text)
  return typeof span === 'string' || !terminal.hasColour || text === '' ? text : `\u001b[${codes[span.tone]}m${text}\u001b[0m`
}

export function columnsOfSpans(spans: readonly Span[]): number {
  return spans.reduce((columns, span) => columns + columnsOf(visible(typeof span === 'string' ? span : span.text)), 0)
}

/**
 * Breaks spans into lines at spaces, never inside a word: a word that is longer than the line stands on a line of its own. `first` and `rest`
 * are put before the first and every further line.
 */
export function wrap(terminal: Terminal, spans: readonly Span[], first = '', rest: string = first): readonly string[] {
  const lines: Span[][] = [[]]
  const room = (): number => Math.max(narrowest, terminal.width - columnsOf(lines.length === 1 ? first : rest))
  let used = 0
  let pending: Span | undefined
  for (const word of spans.flatMap(wordsOf)) {
    const columns = columnsOfSpans([word])
    if (isSpace(word)) {
      pending = word
      continue
    }
    const gap = pending === undefined ? 0 : columnsOfSpans([pending])
    if (used > 0 && pending !== undefined && used + gap + columns > room()) {
      lines.push([])
      used = 0
    } else if (pending !== undefined && (used > 0 || lines.length === 1)) {
      lines.at(-1)?.push(pending)
      used += gap
    }
    pending = undefined
    lines.at(-1)?.push(word)
    used += columns
  }
  return lines.map((line, index) =>
    `${index === 0 ? first : rest}${join(line)
      .map((span) => paint(terminal, span))
      .join('')}`.trimEnd(),
  )
}

function textOf(span: Span): string {
  return typeof span === 'string' ? span : span.text
}

function isSpace(span: Span): boolean {
  return textOf(span).trim() === ''
}

function wordsOf(span: Span): readonly Span[] {
  const words = visible(textOf(span))
    .split(/( +)/)
    .filter((word) => word !== '')
  return typeof span === 'string' ? words : words.map((text) => ({ ...span, text }))
}

/** Neighbours of one tone become one span again, so that a line holds few escape sequences. */
function join(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = []
  for (const span of spans) {
    const last = joined.at(-1)
    if (last !== undefined && toneOf(last) === toneOf(span))
      joined[joined.length - 1] = typeof span === 'string' ? textOf(last) + span : { ...span, text: textOf(last) + span.text }
    else joined.push(span)
  }
  return joined
}

function toneOf(span: Span): Tone | undefined {
  return typeof span === 'string' ? undefined : span.tone
}
