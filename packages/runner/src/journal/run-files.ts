import { join } from 'node:path'
import type { SealedPlan } from '@backstep/core'
import { chunksOf, openToRead, readWhole, replaceFile, writeAll } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { corruptFile, newerFormat, runNotFound } from './journal-errors.ts'
import { readLockNote } from './lock-note.ts'
import { encodeLine, sha256 } from './record-line.ts'
import type { RunFolder } from './run-folder.ts'
import { verifyJournal } from './verify-journal.ts'
import type { VerifiedJournal } from './verify-journal.ts'

export interface LoadedRun {
  readonly plan: SealedPlan
  readonly journal: VerifiedJournal
}

const firstEpoch = 1

/**
 * Makes the files of a run. The journal with its first line comes first and the plan last, each whole or not at all, so that a plan without
 * a journal is never the trace of a crash.
 */
export async function writeRun(fileSystem: FileSystem, folder: RunFolder, plan: SealedPlan, nowMs: number): Promise<LoadedRun> {
  const planBytes = Buffer.from(`${JSON.stringify(plan, null, 2)}\n`)
  const header = { at: nowMs, type: 'journal.begun', run: folder.runId } as const
  const line = encodeLine(header, { seq: 0, epoch: firstEpoch, head: sha256(planBytes) })
  await replaceFile(fileSystem, folder.journal, line.bytes)
  await replaceFile(fileSystem, folder.plan, planBytes)
  const next = { seq: 1, epoch: firstEpoch, head: line.hash }
  return {
    plan: JSON.parse(planBytes.toString('utf8')) as SealedPlan,
    journal: { records: [], next, bytes: line.bytes.byteLength, tornBytes: 0 },
  }
}

/**
 * Reads and checks the plan and the journal of a run; changes nothing.
 *
 * @throws RollbackError `RUN_NOT_FOUND` when there is none or it has no record yet; `JOURNAL_CORRUPT`.
 */
export async function readRun(fileSystem: FileSystem, folder: RunFolder): Promise<LoadedRun> {
  // Before the journal: a writer moves the note only after the journal.
  const note = await readLockNote(fileSystem, folder.lockNote)
  const planBytes = await readWhole(fileSystem, folder.plan)
  if (planBytes === undefined) throw await withoutPlan(fileSystem, folder)
  const file = await openToRead(fileSystem, folder.journal)
  if (file === undefined) throw corruptFile(folder.journal, 'is missing beside its plan')
  try {
    const expected = {
      path: folder.journal,
      runId: folder.runId,
      planHash: sha256(planBytes),
      ...(note === undefined ? {} : { anchor: note.anchor }),
    }
    const journal = await verifyJournal(chunksOf(fileSystem, file), expected)
    const plan = parsePlan(planBytes, folder.plan)
    if (journal.records.length === 0) throw neverBegun(folder)
    return { plan, journal }
  } finally {
    await fileSystem.close(file)
  }
}

async function withoutPlan(fileSystem: FileSystem, folder: RunFolder): Promise<Error> {
  if (await isUnbegun(fileSystem, folder)) return neverBegun(folder)
  return corruptFile(folder.plan, 'is missing beside its journal')
}

function neverBegun(folder: RunFolder): Error {
  return runNotFound(folder.runId, folder.path, 'nothing was recorded, so nothing was changed')
}

/** True when the folder never held a record of a run: none was made there, or its process died before the first record. */
export async function isUnbegun(fileSystem: FileSystem, folder: RunFolder): Promise<boolean> {
  const note = await readLockNote(fileSystem, folder.lockNote)
  if (note !== undefined && note.anchor.seq > 0) return false
  const journal = await readWhole(fileSystem, folder.journal)
  const firstEnd = journal?.indexOf('\n') ?? -1
  // The plan is written after the first line, so beside a plan a journal without one was damaged.
  if (journal === undefined || firstEnd === -1) return (await readWhole(fileSystem, folder.plan)) === undefined
  return !journal.includes('\n', firstEnd + 1)
}

/** Of bytes whose hash is the one in the journal, so they are what was written. */
function parsePlan(bytes: Buffer, path: string): SealedPlan {
  const plan = JSON.parse(bytes.toString('utf8')) as SealedPlan
  if (plan.format !== 'backstep-plan/v1') throw newerFormat(path, `its format is ${JSON.stringify(plan.format)}`)
  return plan
}

/** Moves the bytes of a torn last record out of the journal into a file of their own. */
export async function repairTail(fileSystem: FileSystem, folder: RunFolder, journal: VerifiedJournal): Promise<string> {
  const keptIn = await unusedName(fileSystem, folder)
  const source = await fileSystem.open(folder.journal, 'r+')
  try {
    const copy = await fileSystem.open(keptIn, 'wx')
    try {
      for await (const chunk of chunksOf(fileSystem, source, journal.bytes)) await writeAll(fileSystem, copy, chunk)
      await fileSystem.fdatasync(copy)
    } finally {
      await fileSystem.close(copy)
    }
    await fileSystem.syncDirectory(folder.path)
    await fileSystem.truncate(source, journal.bytes)
    await fileSystem.fdatasync(source)
  } finally {
    await fileSystem.close(source)
  }
  return keptIn
}

async function unusedName(fileSystem: FileSystem, folder: RunFolder): Promise<string> {
  const names = new Set((await fileSystem.list(folder.path)).map((name) => join(folder.path, name)))
  let number = 1
  while (names.has(folder.torn(number))) number += 1
  return folder.torn(number)
}

/** When the run was made, in milliseconds, for sorting; `undefined` when it has no record, 0 when its first line cannot be read. */
export async function beganAt(fileSystem: FileSystem, folder: RunFolder): Promise<number | undefined> {
  const file = await openToRead(fileSystem, folder.journal)
  if (file === undefined) return undefined
  try {
    const start = Buffer.alloc(1024)
    const length = await fileSystem.read(file, start, 0)
    const text = start.toString('latin1', 0, length)
    const firstLine = text.slice(0, text.indexOf('\n') + 1)
    if (length < start.byteLength && !text.includes('\n', firstLine.length)) return undefined
    return Date.parse(/"at":"([^"]+)"/.exec(firstLine)?.[1] ?? '') || 0
  } finally {
    await fileSystem.close(file)
  }
}
