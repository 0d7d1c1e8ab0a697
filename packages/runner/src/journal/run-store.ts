import { RollbackError } from '@backstep/core'
import type { RunRecord, SealedPlan } from '@backstep/core'
import type { RunStore, RunWriter, StoredRun } from '../store.ts'
import { makeDirectories, namesIn, openToRead } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { keepFailed } from './journal-errors.ts'
import { describeHolder, readLockNote } from './lock-note.ts'
import { beganAt, isUnbegun, readRun, repairTail, writeRun } from './run-files.ts'
import type { LoadedRun } from './run-files.ts'
import { isRunId, runFolder } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunStorePorts } from './run-store-ports.ts'
import { openRunWriter } from './run-writer.ts'

const readAttempts = 3

/** The run store over any file system and any locks: `fileStore` and `memoryStore` are this. */
export function runStore(ports: RunStorePorts): RunStore {
  const { fileSystem, runsDirectory } = ports
  let checked: Promise<void> | undefined
  const folderToWrite = async (runId: string): Promise<RunFolder> => {
    const folder = runFolder(runsDirectory, runId)
    checked ??= ports.checkDirectory?.() ?? Promise.resolve()
    await checked
    return folder
  }
  return {
    create: async (runId, plan) => createRun(ports, await folderToWrite(runId), plan),
    open: async (runId) => openRun(ports, await folderToWrite(runId)),
    read: async (runId) => storedRun(runId, await readWithoutLock(fileSystem, runFolder(runsDirectory, runId))),
    list: () => listRuns(fileSystem, runsDirectory),
  }
}

async function createRun(ports: RunStorePorts, folder: RunFolder, plan: SealedPlan): Promise<RunWriter> {
  const { fileSystem } = ports
  await makeDirectories(fileSystem, folder.path).catch((error: unknown) => {
    throw keepFailed(folder.path, error)
  })
  const release = ports.locks.take(folder.lock)
  if (release === undefined) throw runExists(folder)
  try {
    if (!(await isUnbegun(fileSystem, folder))) throw runExists(folder)
    const loaded = await writeRun(fileSystem, folder, plan, ports.now())
    return await openRunWriter(ports, folder, loaded, { epoch: loaded.journal.next.epoch, release })
  } catch (error) {
    release()
    throw error instanceof RollbackError ? error : keepFailed(folder.path, error)
  }
}

async function openRun(ports: RunStorePorts, folder: RunFolder): Promise<RunWriter> {
  const { fileSystem } = ports
  await assertFolderExists(fileSystem, folder)
  const release = ports.locks.take(folder.lock)
  if (release === undefined) throw await runHeld(fileSystem, folder)
  try {
    const loaded = await readRun(fileSystem, folder)
    const { tornBytes, next } = loaded.journal
    const repaired = tornBytes === 0 ? undefined : { bytes: tornBytes, keptIn: await repairTail(fileSystem, folder, loaded.journal) }
    return await openRunWriter(ports, folder, loaded, { epoch: next.epoch + 1, release, ...(repaired === undefined ? {} : { repaired }) })
  } catch (error) {
    release()
    throw error instanceof RollbackError ? error : keepFailed(folder.path, error)
  }
}

/** Looks for the two files that make a run, so that a wrong id leaves no lock file behind. */
async function assertFolderExists(fileSystem: FileSystem, folder: RunFolder): Promise<void> {
  for (const path of [folder.plan, folder.journal]) {
    const file = await openToRead(fileSystem, path)
    if (file === undefined) continue
    await fileSystem.close(file)
    return
  }
  throw new RollbackError('RUN_NOT_FOUND', `There is no run ${folder.runId}: ${folder.path} holds neither plan nor journal`, {
    hint: 'Check the run id and the state directory; list the runs to see which there are.',
  })
}

/** A journal that is repaired while it is read looks changed for a moment; one that is corrupt stays so. */
async function readWithoutLock(fileSystem: FileSystem, folder: RunFolder): Promise<LoadedRun> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readRun(fileSystem, folder)
    } catch (error) {
      if (attempt === readAttempts || !(error instanceof RollbackError) || error.code !== 'JOURNAL_CORRUPT') throw error
    }
  }
}

function storedRun(runId: string, { plan, journal }: LoadedRun): StoredRun {
  return { runId, plan, records: journal.records satisfies readonly RunRecord[], epoch: journal.next.epoch, head: journal.next.head }
}

async function listRuns(fileSystem: FileSystem, runsDirectory: string): Promise<readonly string[]> {
  const found: { readonly runId: string; readonly at: number }[] = []
  for (const runId of (await namesIn(fileSystem, runsDirectory)).filter(isRunId)) {
    const at = await beganAt(fileSystem, runFolder(runsDirectory, runId))
    if (at !== undefined) found.push({ runId, at })
  }
  return found.toSorted((one, other) => other.at - one.at || (one.runId < other.runId ? 1 : -1)).map(({ runId }) => runId)
}

function runExists(folder: RunFolder): RollbackError {
  return new RollbackError('JOURNAL_CONFLICT', `There is already a run ${folder.runId} in ${folder.path}`, {
    hint: 'Resume that run, or begin a new one under another id.',
    effect: 'none',
  })
}

async function runHeld(fileSystem: FileSystem, folder: RunFolder): Promise<RollbackError> {
  const holder = describeHolder(await readLockNote(fileSystem, folder.lockNote))
  return new RollbackError('LEASE_HELD', `Run ${folder.runId} is being written by ${holder}`, {
    hint: 'Let it finish, or end that process: its lock is freed at once. To look at the run meanwhile, read its status.',
  })
}
