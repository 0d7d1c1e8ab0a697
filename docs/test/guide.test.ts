import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { guidePages, textOf } from '../sync/guide.ts'
import { blocksIn } from '../sync/page.ts'

const howTo = 'Run `pnpm exec node docs/sync.ts` to write the page again'

describe.each(guidePages().map((page) => [basename(page), page] as const))('%s', (_, page) => {
  const blocks = blocksIn(readFileSync(page, 'utf8'))

  it('shows only code and output that is compiled and run', () => {
    const loose = blocks.filter(({ language, embed }) => embed === undefined && language !== '' && language !== 'sh')
    expect(loose.map(({ line, language }) => `line ${line}: ${language}`)).toEqual([])
    expect(blocks.filter(({ embed }) => embed !== undefined).length).toBeGreaterThan(0)
  })

  for (const { embed } of blocks) {
    if (embed === undefined) continue
    const { line, from, path, part, text } = embed
    it(`line ${line} shows ${from} ${path}${part === '' ? '' : `#${part}`} as it is`, { timeout: 60_000 }, async () => {
      expect(text, howTo).toBe(await textOf(page, embed))
    })
  }
})
