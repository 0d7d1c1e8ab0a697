import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'
import { fileStore } from '../../src/journal/file-store.ts'
import { encodeLine, sha256 } from '../../src/journal/record-line.ts'
import type { JournalEntry } from '../../src/journal/record-line.ts'
import type { RunStore } from '../../src/store.ts'
import { created, intended, noted, samplePlan } from './samples.ts'

export interface RunFiles {
  plan: string
  /** Without newlines; the last is the empty text behind the last newline. */
  lines: string[]
  /** `undefined`: not there. */
  lockNote: string | undefined
}

/** Changes the files of run `r1`; `other` is a run of the same plan. */
export type Damage = (files: RunFiles, other: RunFiles) => unknown

export interface DamagedRun {
  readonly store: RunStore
  readonly folder: string
}

const folders: string[] = []

export async function removeDamagedRuns(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
}

/** A finished run of four lines, the header and three records, after the damage. */
export async function damagedRun(damage: Damage): Promise<DamagedRun> {
  const directory = await mkdtemp(join(tmpdir(), 'backstep-bad-'))
  folders.push(directory)
  const store = fileStore({ directory })
  for (const runId of ['r1', 'other']) {
    const writer = await store.create(runId, samplePlan)
    await writer.append([created(runId), intended(1), noted(2)])
    await writer.close()
  }
  const folder = join(directory, 'runs', 'r1')
  const files = await filesOf(folder)
  damage(files, await filesOf(join(directory, 'runs', 'other')))
  await writeFile(join(folder, 'plan.json'), files.plan)
  await writeFile(join(folder, 'journal.jsonl'), files.lines.join('\n'))
  if (files.lockNote === undefined) await rm(join(folder, 'lock.json'))
  else await writeFile(join(folder, 'lock.json'), files.lockNote)
  return { store, folder }
}

async function filesOf(folder: string): Promise<RunFiles> {
  const names = ['plan.json', 'journal.jsonl', 'lock.json']
  const [plan, journal, lockNote] = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return { plan: plan!, lines: journal!.split('\n'), lockNote }
}

/** Everything in a folder except the lock itself, which holds nothing. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== 'lock.db').toSorted()
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const)))
}

/** What reading and opening say: the code and the message of each, the folder in it as `<run>`. */
export async function refusals({ store, folder }: DamagedRun): Promise<readonly string[]> {
  const attempts = [() => store.read('r1'), () => store.open('r1')]
  const said: string[] = []
  for (const attempt of attempts) {
    const error: unknown = await attempt().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    said.push(
      error instanceof RollbackError && error.hint !== '' ? `${error.code} ${error.message.replaceAll(folder, '<run>')}` : 'accepted',
    )
  }
  return said
}

/** Lines that are right in themselves, as somebody who knows the format would forge them. */
export function chain(plan: string, entries: readonly (readonly [epoch: number, entry: JournalEntry])[]): string[] {
  let head = sha256(plan)
  const lines = entries.map(([epoch, entry], seq) => {
    const line = encodeLine(entry, { seq, epoch, head })
    head = line.hash
    return line.bytes.toString('utf8').trimEnd()
  })
  return [...lines, '']
}
