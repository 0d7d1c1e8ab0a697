/**
 * Characters that could act instead of being read: control characters (every escape sequence starts with one), marks that turn the direction
 * of text, separators that a terminal or an editor takes for line breaks, halves of surrogate pairs, and everything invisible, since an
 * approver must see the difference between two names.
 */
const acting = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu

/** Text on one line, in which nothing acts: what could is shown as an escape, `\x1b` or `\u202e`. */
export function visible(text: string): string {
  return text.replaceAll(acting, escapeOf)
}

/** Like `visible`, for text of several lines: line breaks make lines, tabs two spaces. */
export function visibleLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/).map((line) => visible(line.replaceAll('\t', '  ')))
}

/** JSON text in which nothing acts when a terminal shows it. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(acting, (character) => (character === '\n' ? character : jsonEscapeOf(character)))
}

function escapeOf(character: string): string {
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
  const code = character.codePointAt(0) ?? 0
  return known[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${code > 0xffff ? `{${hex(code, 5)}}` : hex(code, 4)}`)
}

function jsonEscapeOf(character: string): string {
  return Array.from({ length: character.length }, (_, index) => `\\u${hex(character.charCodeAt(index), 4)}`).join('')
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

/** Columns that a terminal needs for visible text: two for wide characters and emoji, none for combining marks. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const character of text) columns += /\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1
  return columns
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
