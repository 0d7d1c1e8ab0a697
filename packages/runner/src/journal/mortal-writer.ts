import { RollbackError } from '@backstep/core'
import type { RunRecord } from '@backstep/core'
import type { RunWriter } from '../store.ts'

/**
 * What becomes of the writing process at one record: it goes on, or it dies right before or right after the record is kept. `die-…`: its
 * pending and later calls reject; `hang-…`: they never settle, as in a process that is really gone. Either way its lock is free at once.
 */
export type AppendFate = 'keep' | 'die-before' | 'die-after' | 'hang-before' | 'hang-after'

/** Asked before each record is written. */
export type AskFate = (record: RunRecord, runId: string) => AppendFate

/**
 * A writer that ends like a process: at the first fatal record, with its lock freed and every other call refused. Lazy records wait here for
 * the next that are not; a death before the first record of a call loses those that wait, as a real one can.
 */
export function mortalWriter(writer: RunWriter, ask: AskFate): RunWriter {
  const lazy = lazyRecords(writer)
  let death: (() => Promise<never>) | undefined
  const orDie =
    <Args extends readonly unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> =>
      death === undefined ? call(...args) : death()

  const append: RunWriter['append'] = async (records, options) => {
    let fate: AppendFate = 'keep'
    const fatal = records.findIndex((record) => (fate = ask(record, writer.runId)) !== 'keep')
    if (fatal === -1) return options?.isLazy === true ? lazy.hold(records) : lazy.writeWith(records)
    const kept = records.slice(0, isAfter(fate) ? fatal + 1 : fatal)
    death = isHang(fate) ? () => new Promise<never>(() => {}) : () => Promise.reject(died(writer.runId))
    if (kept.length > 0) await lazy.writeWith(kept)
    lazy.lose(isHang(fate) ? undefined : died(writer.runId))
    await writer.close()
    return death()
  }
  const close: RunWriter['close'] = async (options) => {
    // A failure has been told to those who wrote.
    await lazy.writeWith([]).catch(() => {})
    await writer.close(options)
  }
  return {
    ...writer,
    get head() {
      return writer.head
    },
    append: orDie(append),
    putBlob: orDie((bytes) => writer.putBlob(bytes)),
    workDirectory: orDie((stepId) => writer.workDirectory(stepId)),
    queueNotice: orDie((notice) => writer.queueNotice(notice)),
    pendingNotices: orDie(() => writer.pendingNotices()),
    close: orDie(close),
  }
}

interface LazyRecords {
  readonly hold: (records: readonly RunRecord[]) => Promise<void>
  /** Writes what is held and then these. */
  readonly writeWith: (records: readonly RunRecord[]) => Promise<void>
  /** Forgets what is held; tells those who wrote it, when there is something to tell. */
  readonly lose: (error: RollbackError | undefined) => void
}

function lazyRecords(writer: RunWriter): LazyRecords {
  let held: RunRecord[] = []
  let written = Promise.withResolvers<void>()
  let patience: NodeJS.Timeout | undefined
  const forget = (): void => {
    held = []
    clearTimeout(patience)
    patience = undefined
  }
  const writeWith = (records: readonly RunRecord[]): Promise<void> => {
    const { promise, resolve, reject } = written
    const appended = writer.append([...held, ...records])
    forget()
    written = Promise.withResolvers<void>()
    promise.catch(() => {})
    appended.then(resolve, reject)
    return appended
  }
  const lose = (error: RollbackError | undefined): void => {
    forget()
    written.promise.catch(() => {})
    if (error !== undefined) written.reject(error)
  }
  const hold = (records: readonly RunRecord[]): Promise<void> => {
    held.push(...records)
    patience ??= setTimeout(() => void writeWith([]).catch(() => {}), 20)
    return written.promise
  }
  return { hold, writeWith, lose }
}

function isAfter(fate: AppendFate): boolean {
  return fate === 'die-after' || fate === 'hang-after'
}

function isHang(fate: AppendFate): boolean {
  return fate === 'hang-before' || fate === 'hang-after'
}

function died(runId: string): RollbackError {
  return new RollbackError('INTERNAL', `The process that wrote run ${runId} died here, as this test asked for`, {
    hint: 'Open the run again and go on.',
  })
}
