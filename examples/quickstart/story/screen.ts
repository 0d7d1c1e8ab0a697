import { stripVTControlCharacters, styleText } from 'node:util'

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan'

/** Where the story is told: quiet lines of at most `width` columns, with colour only where a person looks at a terminal. */
export interface Screen {
  readonly width: number
  readonly hasColour: boolean
  readonly line: (text?: string) => void
  /** A headline with an empty line before it. */
  readonly section: (title: string, aside?: string) => void
  /** Text on the left, a short remark at the right margin. */
  readonly row: (left: string, right?: string) => void
  /** A fact under a headline: what, and its value in a column of its own. */
  readonly fact: (what: string, value: string) => void
  readonly paint: (style: Style, text: string) => string
}

export interface ScreenOptions {
  readonly write: (text: string) => void
  readonly columns: number
  readonly hasColour: boolean
}

const margin = '  '
const factColumn = 16

export function makeScreen({ write, columns, hasColour }: ScreenOptions): Screen {
  const width = Math.max(60, Math.min(columns, 100))
  const paint = (style: Style, text: string): string => (hasColour ? styleText(style, text, { validateStream: false }) : text)
  const line = (text = ''): void => write(`${text === '' ? '' : margin}${text}\n`)
  const row = (left: string, right = ''): void => {
    const room = width - margin.length - lengthOf(left) - lengthOf(right) - 1
    line(right === '' ? left : `${left}${' '.repeat(Math.max(1, room))}${right}`)
  }
  return {
    width,
    hasColour,
    line,
    row,
    paint,
    section(title, aside = '') {
      line()
      row(paint('bold', title), paint('dim', aside))
    },
    fact(what, value) {
      wrap(value, width - margin.length - factColumn - 1).forEach((text, index) => {
        line(`${paint('dim', (index === 0 ? what : '').padEnd(factColumn))}${text}`)
      })
    },
  }
}

/** The screen of this process: standard output, its width, and colour unless NO_COLOR says no or nobody looks. */
export function terminalScreen(): Screen {
  const { stdout, env } = process
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0'
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return makeScreen({
    write: (text) => void stdout.write(text),
    columns: stdout.columns ?? 80,
    hasColour: !refused && (forced || stdout.isTTY === true),
  })
}

/** Columns that a text takes, colours not counted. */
export function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length
}

/** Breaks a text between words; a word that is longer than a line stands alone on one. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && lengthOf(last) + 1 + lengthOf(word) <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** `1.4 s`, right-aligned in a column of seconds. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}

/** Shows a share of a whole: `███░░░`. */
export function bar(good: number, bad: number, width: number): { readonly good: string; readonly bad: string } {
  const total = good + bad
  const goodCells = total === 0 ? 0 : Math.round((good / total) * width)
  return { good: '█'.repeat(goodCells), bad: '░'.repeat(total === 0 ? 0 : width - goodCells) }
}
