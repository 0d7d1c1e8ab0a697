import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { guidePages, prepare, textOf } from '../sync/guide.ts'
import { blocksIn } from '../sync/page.ts'

const howTo = 'Run `pnpm docs:sync` to write the page again'

beforeAll(() => prepare(guidePages()), 120_000)

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

describe('docs/guide/code', () => {
  it('holds nothing that no page shows and no other file uses', () => {
    const shown = guidePages().flatMap((page) => blocksIn(readFileSync(page, 'utf8')).map(({ embed }) => basename(embed?.path ?? '')))
    const sources = filesUnder(new URL('../guide/code/', import.meta.url))
    const used = sources.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/'\.{1,2}\/([^']*)'/g)].map(([, name = '']) => basename(name)),
    )
    const linked = guidePages().flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\(code\/([^)]+)\)/g)].map(([, name = '']) => basename(name)),
    )
    const names = sources.map((path) => basename(path))
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => ![...shown, ...used, ...linked].includes(name))).toEqual([])
  })
})

function filesUnder(folder: URL): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
