import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { filesUnder, repositoryRoot } from './workspace.ts'

/**
 * Writes the skeleton of an adapter package, with one working step, its fake and its tests:
 *
 *   pnpm new:package <name> [--vendor <vendor>]
 *
 * `name` is the folder in packages/ and the name after `@backstep/`; `vendor` names the one file that talks to the
 * system (default: the name).
 */
const templateFolder = 'tools/templates/adapter'
const wordsAndHyphens = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { vendor: { type: 'string' } } })

function readNames(): { readonly name: string; readonly vendor: string } {
  const [name, ...others] = positionals
  if (name === undefined || others.length > 0) return refuse('give one name: pnpm new:package <name> [--vendor <vendor>]')
  const vendor = options.vendor ?? name
  for (const word of [name, vendor]) {
    if (!wordsAndHyphens.test(word))
      return refuse(`${JSON.stringify(word)} must be lower case words joined by hyphens, starting with a letter`)
  }
  if (existsSync(join(repositoryRoot, 'packages', name))) return refuse(`packages/${name} exists already`)
  return { name, vendor }
}

function refuse(message: string): never {
  console.error(`error: ${message}`)
  process.exit(2)
}

/** `blue-green` as `blueGreen`. */
function camelCase(words: string): string {
  return words.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function main(): void {
  const { name, vendor } = readNames()
  const replacements: Readonly<Record<string, string>> = {
    '__vendor-file__': vendor,
    __vendor__: camelCase(vendor),
    __Name__: capitalised(name.replaceAll('-', ' ')),
    __name__: name,
  }
  const fill = (text: string): string =>
    Object.entries(replacements).reduce((filled, [placeholder, value]) => filled.replaceAll(placeholder, value), text)
  const templates = filesUnder(templateFolder)
  if (templates.length === 0) return refuse(`${templateFolder} holds no template`)
  for (const template of templates) {
    const path = join('packages', name, fill(template.slice(templateFolder.length + 1).replace(/\.tmpl$/, '')))
    mkdirSync(dirname(join(repositoryRoot, path)), { recursive: true })
    writeFileSync(join(repositoryRoot, path), fill(readFileSync(join(repositoryRoot, template), 'utf8')))
    console.log(`wrote ${path}`)
  }
  spawnSync('oxfmt', [`packages/${name}`], { cwd: repositoryRoot, stdio: 'ignore' })
  console.log('\nNext: `pnpm install`, `pnpm api:update`, `pnpm verify`. Then replace the step by your own.')
}

main()
