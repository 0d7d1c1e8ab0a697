import { join } from 'node:path'
import type { RunRecord } from '@backstep/core'
import type { OutboxNotice } from '../store.ts'
import { makeDirectories, namesIn, readWhole, replaceFile } from './durable-file.ts'
import type { FileSystem } from './file-system.ts'
import { corruptFile } from './journal-errors.ts'
import { assertPlainData } from './plain-data.ts'
import { sha256 } from './record-line.ts'

/** Messages of one run as files, one each. Whether one was delivered stands in the journal, not here. */
export interface Outbox {
  readonly queue: (notice: OutboxNotice) => Promise<void>
  /** Oldest first. */
  readonly pending: () => Promise<readonly OutboxNotice[]>
  /** Told of every record of the run. */
  readonly observe: (record: RunRecord) => void
}

export function outboxIn(directory: string, runId: string, fileSystem: FileSystem): Outbox {
  const settled = new Set<string>()
  let last: Promise<unknown> = Promise.resolve()

  const write = async (notice: OutboxNotice): Promise<void> => {
    const path = join(directory, `${sha256(notice.key)}.json`)
    if ((await readWhole(fileSystem, path)) !== undefined) return
    await makeDirectories(fileSystem, directory)
    await replaceFile(fileSystem, path, Buffer.from(`${JSON.stringify(notice, null, 2)}\n`))
  }
  return {
    queue: async (notice) => {
      const { key, kind, options, queuedAt } = notice
      assertPlainData({ key, kind, options, queuedAt }, `notice ${key}`)
      const written = last.then(() => write(notice))
      last = written.catch(() => {})
      await written
    },
    pending: async () => {
      const names = (await namesIn(fileSystem, directory)).filter((name) => name.endsWith('.json'))
      const notices = await Promise.all(names.map((name) => readNotice(join(directory, name), fileSystem)))
      return notices
        .filter(({ key }) => !settled.has(key))
        .sort((one, other) => one.queuedAt - other.queuedAt || (one.key < other.key ? -1 : 1))
    },
    observe: (record) => {
      if (record.type === 'notice.delivered' || record.type === 'notice.undeliverable') settled.add(`${runId}/${record.id}`)
    },
  }
}

async function readNotice(path: string, fileSystem: FileSystem): Promise<OutboxNotice> {
  const bytes = await readWhole(fileSystem, path)
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '') as OutboxNotice
  } catch {
    throw corruptFile(path, 'is not a message that was queued here')
  }
}
