import { alwaysItems, planItems } from './plan-items.ts'
import type { Preview } from './preview.ts'
import { totalsOf } from './preview-totals.ts'
import { findingSection, validitySection } from './closing-sections.ts'
import { lossSection, noReturnSection } from './loss-section.ts'
import { laterSection, notTakenSection, onlyIfSection } from './open-sections.ts'
import { peopleSection } from './people-section.ts'
import { asciiGlyphs, tone, unicodeGlyphs, wrap, type Span, type Terminal } from './terminal.ts'
import { treeLines } from './text-tree.ts'
import { numbersOf, verdictOf, type PreviewVerdict } from './verdict.ts'
import { momentText, type Entry, type Section } from './wording.ts'

export interface RenderTextOptions {
  /** Columns of the terminal; 80 to 140 are used. Default 100. */
  readonly width?: number
  /** Escape sequences for colour. Default `false`. */
  readonly colour?: boolean
  /** Lines and arrows outside ASCII. Default `true`. */
  readonly unicode?: boolean
  /** The command line to type next, shown at the end. */
  readonly next?: string
}

/**
 * A preview for a terminal: the verdict first, then what it costs, who is needed, every step with its changes, what is not known yet, and
 * how long all this holds.
 *
 * Lines are broken at spaces, never inside a word, so a word that is longer than the width stands out beyond it. Names and values of other
 * systems are shown with control characters, line breaks and direction marks as escapes; the only escape sequences that come out are the
 * colours, and only when asked for.
 */
export function renderPreviewText(preview: Preview, { width = 100, colour = false, unicode = true, next }: RenderTextOptions = {}): string {
  const terminal: Terminal = {
    width: Math.min(140, Math.max(80, Math.floor(width))),
    hasColour: colour,
    glyphs: unicode ? unicodeGlyphs : asciiGlyphs,
  }
  const totals = totalsOf(preview)
  const verdict = verdictOf(preview, totals)
  const before = [lossSection(totals), noReturnSection(preview, totals), peopleSection(preview)]
  const after = [laterSection(preview), notTakenSection(preview), onlyIfSection(preview), findingSection(preview), validitySection(preview)]
  const always = alwaysItems(preview)
  const blocks = [
    verdictLines(terminal, verdict),
    headLines(terminal, preview),
    numbersOf(totals).flatMap(([label, value]) => wrap(terminal, [tone('dim', label.padEnd(10)), value], '  ', ' '.repeat(12))),
    ...before.map((section) => sectionLines(terminal, section)),
    treeLines(terminal, 'STEPS', planItems(preview), true),
    always.length === 0 ? [] : treeLines(terminal, 'AT EVERY END', always, false),
    ...after.map((section) => sectionLines(terminal, section)),
    next === undefined ? [] : [...wrap(terminal, [tone('bold', 'NEXT')]), ...wrap(terminal, [next], '  ', '    ')],
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function verdictLines(terminal: Terminal, { headline, weight, blockers }: PreviewVerdict): readonly string[] {
  return [...wrap(terminal, [tone(weight, headline)]), ...blockers.flatMap((entry) => entryLines(terminal, entry))]
}

function headLines(terminal: Terminal, { plan, at }: Preview): readonly string[] {
  const severity = plan.severity === undefined ? '' : `   ${plan.severity.level}, decided by: ${plan.severity.decision}`
  return [
    ...wrap(terminal, ['plan ', tone('name', plan.name), severity], '', '  '),
    ...(plan.summary === undefined ? [] : wrap(terminal, [plan.summary], '  ')),
    ...wrap(terminal, [tone('dim', `previewed ${momentText(at)}; nothing was changed to make it`)], '  '),
  ]
}

function sectionLines(terminal: Terminal, { title, entries }: Section): readonly string[] {
  return entries.length === 0 ? [] : [...wrap(terminal, [tone('bold', title)]), ...entries.flatMap((entry) => entryLines(terminal, entry))]
}

function entryLines(terminal: Terminal, { text, details = [], weight }: Entry): readonly string[] {
  const { bullet } = terminal.glyphs
  const head: Span = weight === undefined ? text : tone(weight, text)
  return [...wrap(terminal, [head], `  ${bullet} `, '    '), ...details.flatMap((detail) => wrap(terminal, [detail], '      ', '        '))]
}
