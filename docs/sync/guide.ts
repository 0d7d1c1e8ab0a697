import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messagesOf, withoutExpectations } from './compiler.ts'
import { blocksIn, type Embed } from './page.ts'
import { outputOf, partOfOutput } from './program.ts'
import { partOfSource } from './source.ts'

const docs = fileURLToPath(new URL('../', import.meta.url))

/** The pages whose code is embedded, as absolute paths. */
export function guidePages(): readonly string[] {
  const names = readdirSync(join(docs, 'guide')).filter((name) => name.endsWith('.md'))
  return [...names.sort().map((name) => join(docs, 'guide', name)), join(docs, 'reference', 'errors.md')]
}

const outputs = new Map<string, Promise<string>>()
const messages = new Map<string, Promise<ReadonlyMap<string, string>>>()

/** What a block has to hold. Programs are run, and sources compiled, once each. Throws an Error that names what is missing. */
export async function textOf(page: string, { from, path, part }: Embed): Promise<string> {
  const file = join(dirname(page), path)
  if (from === 'file') return partOfSource(withoutExpectations(readFileSync(file, 'utf8')), part)
  if (from === 'output') return partOfOutput(await remembered(outputs, file, outputOf), part)
  const found = (await remembered(messages, file, messagesOf)).get(part)
  if (found === undefined) throw new Error(`the compiler says nothing of the region ${part}`)
  return found
}

const mostAtOnce = 3

/** Runs every program and compiles every source that these pages show, a few beside each other: most of them wait for something. */
export async function prepare(pages: readonly string[]): Promise<void> {
  const embeds = pages.flatMap((page) =>
    blocksIn(readFileSync(page, 'utf8')).flatMap(({ embed }) => (embed === undefined ? [] : [{ page, embed }])),
  )
  const open = embeds.filter(({ embed }) => embed.from !== 'file')
  const work = async (): Promise<void> => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) await textOf(next.page, next.embed).catch(() => undefined) // told where it is shown
  }
  await Promise.all(Array.from({ length: mostAtOnce }, work))
}

function remembered<T>(known: Map<string, Promise<T>>, file: string, find: (file: string) => Promise<T>): Promise<T> {
  const found = known.get(file) ?? find(file)
  known.set(file, found)
  return found
}
