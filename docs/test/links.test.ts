import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const neverEntered = new Set(['node_modules', 'dist', '.git', '.turbo', '.world', 'tmp', 'templates'])

function markdownUnder(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return neverEntered.has(entry.name) ? [] : markdownUnder(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/** A page without its code, where brackets mean something else. */
function proseOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/^```[\s\S]*?^```$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '))
}

/** What GitHub makes of a heading. */
function anchorsOf(path: string): ReadonlySet<string> {
  const text = readFileSync(path, 'utf8').replace(/^```[\s\S]*?^```$/gm, '')
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}

function problemWith(page: string, link: string): string | undefined {
  if (/^(https?|mailto):/.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), decodeURI(path))
  if (relative(root, target).startsWith('..')) return `${link} leads out of the repository`
  if (!existsSync(target)) return `${link} leads nowhere`
  if (anchor === undefined) return undefined
  if (statSync(target).isDirectory()) return `${link} names a heading of a folder`
  return anchorsOf(target).has(anchor) ? undefined : `${link} names a heading that is not there`
}

describe('links', () => {
  const pages = markdownUnder(root)

  it('are looked at in every page of the repository', () => {
    const names = pages.map((page) => relative(root, page))
    expect(names).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/README.md', 'packages/core/README.md']))
  })

  it.each(pages.map((page) => [relative(root, page), page] as const))('of %s lead somewhere', (_, page) => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    expect(links.flatMap((link) => problemWith(page, link) ?? [])).toEqual([])
  })
})
