import { visible, visibleLines } from './plain-text.ts'

/** Text of any origin as Markdown text: nothing in it starts a list, a heading, a link, a table cell, HTML, or calls a person. */
export function markdownText(text: string): string {
  const escaped = visible(text)
    .trim()
    .replaceAll(/[\\`*_[\]{}<>&|~$!]/g, String.raw`\$&`)
    .replace(/^[-+#=:]/, String.raw`\$&`)
    .replace(/^(\d+)([.)])/, String.raw`$1\$2`)
  // A mention or a reference to an issue needs the sign and the word together. A bare address would become a link, which swallows the
  // backslash of an escape behind it.
  return escaped
    .replaceAll(/(^|[^\p{L}\p{N}_])([@#])(?=[\p{L}\p{N}])/gu, '$1$2\u200b')
    .replaceAll('://', '&#58;//')
    .replaceAll(/www\./gi, (word) => `${word.slice(0, -1)}&#46;`)
}

/** Text of any origin as a code span. */
export function markdownCode(text: string): string {
  const plain = visible(text)
  const fence = '`'.repeat(longestRun(plain) + 1)
  const pad = /^[ `]|[ `]$/.test(plain) || plain === '' ? ' ' : ''
  return `${fence}${pad}${plain}${pad}${fence}`
}

/** Lines of any origin as a fenced block, which they cannot close. */
export function markdownBlock(language: 'diff', lines: readonly string[]): readonly string[] {
  const plain = lines.flatMap(visibleLines)
  const fence = '`'.repeat(Math.max(3, longestRun(plain.join('\n')) + 1))
  return [`${fence}${language}`, ...plain, fence]
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
}
