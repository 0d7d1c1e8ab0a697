import * as fc from 'fast-check'
import type { Preview } from '../../src/preview/preview.ts'

/** Text that tries to act: escape sequences, line breaks, direction marks, markup of every format that we write. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]8;;https://evil\u0007',
        '\u009b2J',
        '\r',
        '\n',
        '\nNEXT\n  rm -rf /',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\u2028',
        '\0',
        '\u0007',
        '\ud800',
      ),
      fc.constantFrom(
        '```',
        '`',
        '|',
        '**',
        '](https://evil)',
        '<img src=x>',
        '# ',
        '- [x] ',
        '@team',
        '#12',
        '\\',
        '~~~',
        '$$',
        '"]',
        '--> x',
        '%%{init: {}}%%',
        ';',
        '{{',
        'end',
        '&quot;',
        ':::bad',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => text !== '')

const free = new Set(
  'summary resource before after path what keptIn message hint code name label loses property equals detail value id of page role roles checklist waitsFor target leases title'.split(
    ' ',
  ),
)

/** The same preview with the text in every place that others fill. */
export function withHostileText(preview: Preview, hostile: string): Preview {
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return free.has(key) ? `${value}${hostile}` : value
    if (Array.isArray(value)) return value.map((inner) => visit(inner, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, visit(inner, name)]))
  }
  return visit(preview, '') as Preview
}
