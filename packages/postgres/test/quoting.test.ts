import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identifier, literal } from '../src/index.ts'

describe('identifiers and literals', () => {
  it('quote every name, so that it means exactly this name', () => {
    expect(identifier('public', 'Users')).toBe('"public"."Users"')
    expect(identifier('a"b; drop table x')).toBe('"a""b; drop table x"')
  })

  it('quote text under every setting of the server', () => {
    expect(literal("it's")).toBe("'it''s'")
    expect(literal('a\\b')).toBe(" E'a\\\\b'")
  })

  it('refuse a NUL', () => {
    expect(() => identifier('a\0b')).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    expect(() => literal('a\0b')).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })

  it('never end before their text does', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('\0')),
        (text) => {
          expect(identifier(text).slice(1, -1).replaceAll('""', '')).not.toContain('"')
          const [, body = ''] = /^(?: E)?'(.*)'$/s.exec(literal(text)) ?? []
          expect(body.replaceAll("''", '').replaceAll('\\\\', '')).not.toMatch(/['\\]/)
        },
      ),
      { seed: 5 },
    )
  })
})
