import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf, visible, visibleJson, visibleLines } from '../../src/preview/plain-text.ts'
import { hostileText } from './hostile.ts'

const acting = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

describe('visible', () => {
  it.each([
    ['\u001b[31mred', String.raw`\x1b[31mred`],
    ['one\ntwo\r\tthree', String.raw`one\ntwo\r\tthree`],
    ['safe\u202egnp.exe', String.raw`safe\u202egnp.exe`],
    ['check\u200bout', String.raw`check\u200bout`],
    ['\u009b2J', String.raw`\x9b2J`],
    ['half \ud800 pair', String.raw`half \ud800 pair`],
    ['tag\u{e0041}', String.raw`tag\u{e0041}`],
    ['plain, añejo, 日本, 🙂', 'plain, añejo, 日本, 🙂'],
  ])('shows %j as %j', (given, shown) => {
    expect(visible(given)).toBe(shown)
  })
  it('leaves nothing that acts, and changes nothing twice', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(visible(text)).not.toMatch(acting)
        expect(visible(visible(text))).toBe(visible(text))
        for (const line of visibleLines(text)) expect(line).not.toMatch(acting)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
  it('keeps the lines of a text of several lines', () => {
    expect(visibleLines('a\r\n\tb\rc\u0007')).toEqual(['a', '  b', 'c\\x07'])
  })
})

describe('visibleJson', () => {
  it('writes what a terminal would obey as escapes, and reads back the same', () => {
    fc.assert(
      fc.property(hostileText, fc.jsonValue(), (text, value) => {
        const written = visibleJson({ text, value })
        expect(written.replaceAll('\n', '')).not.toMatch(acting)
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify({ text, value })))
      }),
      { seed: 2, numRuns: 500 },
    )
  })
})

describe('columnsOf', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['🙂', 2],
    ['e\u0301', 1],
    ['├─', 2],
  ])('%j needs %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
  })
})
