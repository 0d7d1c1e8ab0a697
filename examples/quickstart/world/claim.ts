import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'
import { readJson, writeJson } from './json-file.ts'
import { layoutOf, type Layout } from './layout.ts'
import { isAlive, livingProcesses, type ProcessRecord, recordProcess, stopRecorded } from './processes.ts'

const format = 'backstep-quickstart-world/v1'

interface WorldFile {
  readonly format: string
  readonly owner: ProcessRecord
  /** A folder outside the world that belongs to it. */
  readonly outside?: string
}

const worldFile = (layout: Layout): string => join(layout.root, 'world.json')

/**
 * Makes an empty folder for a new world. What an earlier world left there, running processes too, is cleared away first; nothing else is.
 *
 * @throws RollbackError `PRECONDITION_FAILED` when somebody works with that world now, or when the folder holds something else.
 */
export async function claimWorld(root: string): Promise<Layout> {
  const layout = layoutOf(root)
  if (readWorldFile(layout) === undefined && existsSync(root) && readdirSync(root).length > 0) {
    throw new RollbackError('PRECONDITION_FAILED', `${root} holds files that are not the quickstart's`, {
      hint: 'Name an empty or new folder.',
    })
  }
  await stopWorld(layout)
  rmSync(root, { recursive: true, force: true })
  for (const folder of [layout.shop, layout.releases, layout.logs, layout.processes]) mkdirSync(folder, { recursive: true })
  mkdirSync(layout.secrets, { mode: 0o700 })
  takeOwnership(layout)
  return layout
}

/**
 * Clears away a world whose maker is gone. Answers whether there was one.
 *
 * @throws RollbackError `PRECONDITION_FAILED` while another process works with it.
 */
export async function stopWorld(layout: Layout): Promise<boolean> {
  const earlier = readWorldFile(layout)
  if (earlier === undefined) return false
  if (earlier.owner.pid !== process.pid && isAlive(earlier.owner)) {
    throw new RollbackError('PRECONDITION_FAILED', `A quickstart runs in ${layout.root} (process ${earlier.owner.pid})`, {
      hint: 'Wait for it to end, or pass another folder with --world.',
    })
  }
  await clearWorld(layout)
  return true
}

/** What says that a folder is ours. Without it nothing in there is touched. */
function readWorldFile(layout: Layout): WorldFile | undefined {
  const found = readWhole(worldFile(layout))
  return found?.format === format && found.owner !== undefined ? { ...found, format, owner: found.owner } : undefined
}

function readWhole(path: string): Partial<WorldFile> | undefined {
  try {
    return readJson<Partial<WorldFile>>(path)
  } catch {
    return undefined // no JSON: not ours
  }
}

/** True when this process made the world and has to end it. */
export function isOurs(layout: Layout): boolean {
  const owner = readWorldFile(layout)?.owner
  return owner?.pid === process.pid && isAlive(owner)
}

function takeOwnership(layout: Layout): void {
  const owner = recordProcess(layout.processes, 'owner', process.pid)
  writeJson(worldFile(layout), { format, owner })
}

/** Remembers a folder outside the world, so that it is removed with it even after a crash. */
export function rememberOutside(layout: Layout, outside: string | undefined): void {
  if (outside === undefined) return
  writeJson(worldFile(layout), { ...readWorldFile(layout), outside })
}

/** True when something of this world still runs. */
export function isRunning(layout: Layout): boolean {
  return livingProcesses(layout.processes).some(({ name }) => name !== 'owner')
}

/** Stops the processes of a world, each by its own id, customers first; removes the database and the secrets; keeps what people read. */
export async function clearWorld(layout: Layout): Promise<void> {
  const world = readWorldFile(layout)
  if (world === undefined) return
  const living = new Map(livingProcesses(layout.processes).map((record) => [record.name, record]))
  for (const name of ['customers', 'supervisor', 'shop', 'postgres']) {
    const record = living.get(name)
    // PostgreSQL's fast shutdown is SIGINT: it ends sessions and stops.
    if (record !== undefined && isAlive(record)) await stopRecorded(layout.processes, record, name === 'postgres' ? 'SIGINT' : 'SIGTERM')
  }
  for (const folder of [layout.postgres, layout.secrets, ...(world.outside === undefined ? [] : [world.outside])]) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
