import { existsSync, mkdirSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, freemem } from 'node:os'
import { cacheFolder, withParts } from './cache.ts'
import { costLine, costOf } from './cost.ts'
import { installedFacts, notInstalled } from './install.ts'
import type { System } from './system.ts'

/** Sources and compiled packages that a build leaves in the caches of its own tool, beside what is installed. */
const buildMegabytes = 5_000

/** Says what each system needs, has and costs. Gives back the exit code: 1 when something is missing that the systems cannot do without. */
export async function doctor(systems: readonly System[], say: (line: string) => void): Promise<number> {
  let problems = 0
  for (const system of systems) {
    say(`${system.name} ${system.version}: ${system.summary}`)
    say(`  costs ${costLine(costOf(system))}`)
    problems += await sayNeeds(system, say)
    sayParts(system, say)
  }
  problems += await sayRoom(systems, say)
  say(
    problems === 0
      ? '\nNothing is missing: `pnpm testbed up` works here.'
      : `\n${problems} missing; the command that gets it stands beside it.`,
  )
  return problems === 0 ? 0 : 1
}

async function sayNeeds(system: System, say: (line: string) => void): Promise<number> {
  const needs = [
    ...new Map(
      withParts(system)
        .flatMap((part) => part.needs)
        .map((need) => [need.what, need]),
    ).values(),
  ]
  let missing = 0
  for (const need of needs) {
    const answer = await need.find()
    if ('found' in answer) say(`  ok       ${need.what}: ${answer.found}`)
    else {
      missing++
      say(`  MISSING  ${need.what}: ${answer.missing}`)
      say(`           get it: ${need.get}`)
    }
  }
  return missing
}

function sayParts(system: System, say: (line: string) => void): void {
  for (const part of withParts(system).filter(({ installation }) => installation !== undefined)) {
    const facts = installedFacts(part)
    const state = facts === undefined ? 'not installed yet' : `installed, ${facts.megabytes} MB`
    say(`  ${facts === undefined ? 'to do  ' : 'ok     '}  ${part.name} ${part.version}: ${state}`)
  }
}

async function sayRoom(systems: readonly System[], say: (line: string) => void): Promise<number> {
  const folder = cacheFolder()
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
  const { bavail, bsize } = await statfs(folder)
  const freeMegabytes = Math.round((bavail * bsize) / 1e6)
  const wanted = systems.flatMap(notInstalled).reduce((sum, part) => sum + part.cost.diskMegabytes, 0)
  const neededMegabytes = wanted === 0 ? 500 : wanted + buildMegabytes
  const memoryMegabytes = systems.reduce((sum, system) => sum + costOf(system).memoryMegabytes, 0)
  say(`the machine: ${availableParallelism()} cores, ${Math.round(freemem() / 1e6)} MB of memory free, ${memoryMegabytes} MB needed`)
  say(`the cache: ${folder}, ${freeMegabytes} MB free, ${neededMegabytes} MB needed`)
  if (freeMegabytes >= neededMegabytes) return 0
  say('  MISSING  room on the disk')
  say('           get it: set BACKSTEP_TESTBED_CACHE to a folder on a larger disk')
  return 1
}
