import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installedFolder, withParts } from './cache.ts'
import { withLock } from './lock.ts'
import { type Progress, type System, TestbedError } from './system.ts'

const marker = 'installed.json'

/** What is written beside an installed system. */
export interface InstalledFacts {
  readonly seconds: number
  readonly megabytes: number
}

export function installedFacts(system: System): InstalledFacts | undefined {
  try {
    return JSON.parse(readFileSync(join(installedFolder(system), marker), 'utf8')) as InstalledFacts
  } catch {
    return undefined
  }
}

/** Those of the system and its parts that still have to be installed. */
export function notInstalled(system: System): readonly System[] {
  return withParts(system).filter((part) => part.installation !== undefined && installedFacts(part) === undefined)
}

/**
 * Installs what is missing, one after the other. Two processes that want the same wait for each other; one that is ended in the middle leaves
 * nothing half done, and the next goes on from the part at which it was.
 *
 * @throws TestbedError when the machine lacks something, or an installation failed.
 */
export async function ensureInstalled(system: System, progress: Progress): Promise<void> {
  const wanted = notInstalled(system)
  if (wanted.length === 0) return
  await requireNeeds(wanted)
  const sum = wanted.reduce((seconds, part) => seconds + part.cost.installSeconds, 0)
  progress.stage(`installing ${wanted.map((part) => part.name).join(', ')}: about ${minutes(sum)} on two cores, once`)
  for (const part of wanted) {
    await withLock(
      'install',
      () => installOne(part, progress),
      () => progress.detail(`${part.name}: another process installs; waiting for it`),
    )
  }
}

async function requireNeeds(systems: readonly System[]): Promise<void> {
  for (const need of new Set(systems.flatMap((system) => system.needs))) {
    const answer = await need.find()
    if ('missing' in answer) throw new TestbedError(`${need.what} is needed: ${answer.missing}`, { hint: `Run: ${need.get}` })
  }
}

async function installOne(system: System, progress: Progress): Promise<void> {
  if (installedFacts(system) !== undefined) return
  const folder = installedFolder(system)
  const unfinished = `${folder}.unfinished`
  const startMs = performance.now()
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  await system.installation?.install(unfinished, progress)
  const facts: InstalledFacts = { seconds: Math.round((performance.now() - startMs) / 1000), megabytes: megabytesOf(unfinished) }
  writeFileSync(join(unfinished, marker), `${JSON.stringify(facts)}\n`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  renameSync(unfinished, folder)
  progress.stage(`${system.name} ${system.version} installed in ${facts.seconds} s, ${facts.megabytes} MB`)
}

export function megabytesOf(folder: string): number {
  if (!existsSync(folder)) return 0
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce((sum, entry) => sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0), 0)
  return Math.round(bytes / 1e6)
}

export function minutes(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
