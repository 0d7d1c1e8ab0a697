// Writes the code, the output and the compiler's messages that the guide embeds into its pages:
//
//   pnpm docs:sync [page.md]
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { guidePages, prepare, textOf } from './sync/guide.ts'
import { blocksIn, withEmbeds } from './sync/page.ts'

const [wanted] = process.argv.slice(2)

const pages = guidePages().filter((path) => wanted === undefined || path.endsWith(`/${wanted}`))
await prepare(pages)
for (const page of pages) {
  const before = readFileSync(page, 'utf8')
  const texts = new Map<number, string>()
  for (const { embed } of blocksIn(before)) {
    if (embed === undefined) continue
    const found = await textOf(page, embed).catch((error: unknown) => {
      console.error(`${page}:${embed.line}: ${(error as Error).message}`)
      process.exitCode = 1
      return embed.text
    })
    texts.set(embed.line, found)
  }
  const after = withEmbeds(before, ({ line, text }) => texts.get(line) ?? text)
  if (after !== before) writeFileSync(page, after)
  console.log(`${after === before ? 'unchanged' : 'written  '}  ${relative(process.cwd(), page)}`)
}
