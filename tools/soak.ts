import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { filesUnder, repositoryRoot } from './workspace.ts'

/**
 * Long runs that are too slow for every change: random plans by the hundred thousand, real kills.
 *
 *   pnpm soak                    lists them
 *   pnpm soak <name> [argument]  runs one, with its own arguments
 *   pnpm soak all                runs each, one after another
 *
 * A soak is `soak/<name>.soak.ts` in any package, example, or the testbed: a program that exports nothing, says what it is in the
 * comment at its top, prints what it found, and ends with a non-zero exit code when it found a fault.
 */
interface Soak {
  readonly name: string
  readonly path: string
  readonly about: string
}

function findSoaks(): readonly Soak[] {
  const paths = ['packages', 'examples', 'bench', 'testbed']
    .flatMap((folder) => filesUnder(folder))
    .filter((path) => path.endsWith('.soak.ts'))
  return paths.map((path) => ({ name: basename(path, '.soak.ts'), path, about: aboutOf(path) }))
}

/** The first sentence of the comment at the top of the file. */
function aboutOf(path: string): string {
  const comment = /^\s*(?:\/\*\*?([\s\S]*?)\*\/|((?:\/\/.*\n?)+))/.exec(readFileSync(join(repositoryRoot, path), 'utf8'))
  const words = (comment?.[1] ?? comment?.[2] ?? '')
    .replace(/^[ \t]*(?:\*|\/\/) ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim()
  return /^.*?\.(?= |$)/.exec(words)?.[0] ?? words
}

function runSoak(soak: Soak, args: readonly string[]): Promise<boolean> {
  console.log(`\n${soak.name} (${soak.path})`)
  const startMs = performance.now()
  const child = spawn(process.execPath, [join(repositoryRoot, soak.path), ...args], { cwd: repositoryRoot, stdio: 'inherit' })
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
      console.log(`${soak.name}: ${code === 0 ? 'ok' : `FAILED (${signal ?? `exit code ${code}`})`}, ${seconds} s`)
      resolve(code === 0)
    })
  })
}

async function main(): Promise<number> {
  const [wanted, ...args] = process.argv.slice(2)
  const soaks = findSoaks()
  if (soaks.length === 0) {
    console.error('no soak/*.soak.ts found: nothing was run')
    return 1
  }
  if (wanted === undefined) {
    for (const soak of soaks) console.log(`${soak.name.padEnd(20)}  ${soak.about}`)
    console.log('\nRun one with `pnpm soak <name>`, each of them with `pnpm soak all`.')
    return 0
  }
  const chosen = wanted === 'all' ? soaks : soaks.filter((soak) => soak.name === wanted)
  if (chosen.length === 0) {
    console.error(`no soak is named ${wanted}; there are ${soaks.map((soak) => soak.name).join(', ')}`)
    return 2
  }
  let allOk = true
  for (const soak of chosen) allOk = (await runSoak(soak, args)) && allOk
  return allOk ? 0 : 1
}

process.exitCode = await main()
