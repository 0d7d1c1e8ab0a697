import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'
import type { RunRecord } from '@backstep/core'
import type { RepairedTail, RunWriter } from '../store.ts'
import { blobsIn } from './blobs.ts'
import { makeDirectories } from './durable-file.ts'
import { nodeFileSystem } from './file-system.ts'
import { keepFailed } from './journal-errors.ts'
import { journalWriter } from './journal-writer.ts'
import type { JournalWriter } from './journal-writer.ts'
import { closedNote, lockNote, writeLockNote } from './lock-note.ts'
import { outboxIn } from './outbox.ts'
import type { LoadedRun } from './run-files.ts'
import { stepFolderName } from './run-folder.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunStorePorts } from './run-store-ports.ts'

export interface WriterTenure {
  readonly epoch: number
  /** Frees the lock. */
  readonly release: () => void
  readonly repaired?: RepairedTail
}

/** The writer of a run whose lock is held and whose files were checked. */
export async function openRunWriter(ports: RunStorePorts, folder: RunFolder, loaded: LoadedRun, tenure: WriterTenure): Promise<RunWriter> {
  const { journal, plan } = loaded
  const blobs = blobsIn(folder.blobs, ports.fileSystem, ports.sealer)
  const outbox = outboxIn(folder.outbox, folder.runId, ports.fileSystem)
  for (const record of journal.records) outbox.observe(record)
  await blobs.clean()
  const { lines, close } = await openJournal(ports, folder, loaded, tenure)
  const workRoot = ports.workDirectory(folder.runId)
  return {
    runId: folder.runId,
    plan,
    records: journal.records,
    epoch: tenure.epoch,
    get head() {
      return lines.durable().head
    },
    ...(tenure.repaired === undefined ? {} : { repaired: tenure.repaired }),
    append: (records, options) => {
      const appended = lines.append(records, options)
      return records.some(isAboutNotice) ? appended.then(() => records.forEach(outbox.observe)) : appended
    },
    putBlob: blobs.put,
    getBlob: blobs.get,
    workDirectory: (stepId) => ownErrors(makeWorkFolder(join(workRoot, stepFolderName(stepId))), workRoot),
    queueNotice: (notice) => ownErrors(outbox.queue(notice), folder.outbox),
    pendingNotices: outbox.pending,
    close: (options) => close(options?.ended === true ? workRoot : undefined),
  }
}

interface OpenJournal {
  readonly lines: JournalWriter
  /** Removes `endedWorkRoot`, if given, and frees the lock. A second call waits for the first. */
  readonly close: (endedWorkRoot: string | undefined) => Promise<void>
}

async function openJournal(
  { fileSystem, now, pace }: RunStorePorts,
  folder: RunFolder,
  { journal }: LoadedRun,
  tenure: WriterTenure,
): Promise<OpenJournal> {
  const note = lockNote(journal.next, tenure.epoch, now())
  await writeLockNote(fileSystem, folder.lockNote, note)
  const file = await fileSystem.open(folder.journal, 'a')
  const next = { ...journal.next, epoch: tenure.epoch }
  const options = { fileSystem, file, path: folder.journal, next, bytes: journal.bytes }
  const lines = journalWriter(pace === undefined ? options : { ...options, pace: pace() })
  let closing: Promise<void> | undefined
  const closeNow = async (endedWorkRoot: string | undefined): Promise<void> => {
    const isSound = await lines.close()
    try {
      if (isSound) await writeLockNote(fileSystem, folder.lockNote, closedNote(note, lines.durable(), now())).catch(() => {})
      if (endedWorkRoot !== undefined) await rm(endedWorkRoot, { recursive: true, force: true })
      await fileSystem.close(file)
    } finally {
      tenure.release()
    }
  }
  return { lines, close: (endedWorkRoot) => (closing ??= closeNow(endedWorkRoot)) }
}

function isAboutNotice({ type }: RunRecord): boolean {
  return type.startsWith('notice.')
}

async function makeWorkFolder(path: string): Promise<string> {
  await makeDirectories(nodeFileSystem, path)
  return path
}

function ownErrors<Result>(work: Promise<Result>, path: string): Promise<Result> {
  return work.catch((error: unknown) => {
    throw error instanceof RollbackError ? error : keepFailed(path, error)
  })
}
