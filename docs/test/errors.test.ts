import { readFileSync } from 'node:fs'
import { RollbackError, type RollbackErrorCode } from '@backstep/core'
import { describe, expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

const declared = [
  ...(/export type RollbackErrorCode =([\s\S]*?)\n\n/.exec(read('../../packages/core/src/contract/errors.ts'))?.[1] ?? '').matchAll(
    /'(\w+)'/g,
  ),
]
const codes = declared.map(([, code = '']) => code as RollbackErrorCode)

const page = read('../reference/errors.md')
const rows = page.split('\n').flatMap((line) => {
  const [code, ...cells] = line
    .split('|')
    .map((cell) => cell.trim())
    .slice(1, -1)
  return code?.startsWith('`') === true ? [{ code: code.replaceAll('`', ''), cells }] : []
})

describe('docs/reference/errors.md', () => {
  it('has every code once, and no other', () => {
    expect(codes.length).toBeGreaterThan(20)
    expect(rows.map(({ code }) => code).toSorted()).toEqual(codes.toSorted())
  })

  it.each(rows)('says of $code what it means for the world', ({ code, cells }) => {
    const { effect, canRetry } = new RollbackError(code as RollbackErrorCode, '', { hint: '' })
    const [saidEffect, saidRetry, ...texts] = cells
    expect({ effect: saidEffect, retry: saidRetry }).toEqual({ effect, retry: canRetry ? 'yes' : 'no' })
    expect(texts).toHaveLength(2)
    for (const text of texts) expect(text).toMatch(/^[A-Z].*\.$/)
  })
})
