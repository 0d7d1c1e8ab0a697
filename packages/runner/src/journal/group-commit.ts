import { performance } from 'node:perf_hooks'
import type { RollbackError } from '@backstep/core'
import type { AppendOptions } from '../store.ts'
import type { GuardedFile } from './guarded-file.ts'
import type { SyncPace } from './sync-pace.ts'

/** Writes chunks in order, many with one sync. */
export interface GroupCommit<Mark> {
  /** Resolves when the chunks are on disk. */
  readonly add: (chunks: readonly Buffer[], mark: Mark, options?: AppendOptions) => Promise<void>
  /** The mark of the last chunk that is on disk. */
  readonly durable: () => Mark
  /** Why nothing is written any more. */
  readonly failure: () => RollbackError | undefined
  /** Resolves when nothing waits. */
  readonly settled: () => Promise<void>
}

export interface GroupCommitOptions<Mark> {
  readonly file: GuardedFile
  readonly pace: SyncPace
  readonly start: Mark
  readonly toFailure: (error: unknown) => RollbackError
}

interface Group<Mark> extends PromiseWithResolvers<void> {
  readonly chunks: Buffer[]
  mark: Mark
  /** Somebody waits for it, so that it is written as soon as nothing else is under way. */
  isUrgent: boolean
}

interface Queue<Mark> extends GroupCommitOptions<Mark> {
  durable: Mark
  /** What the next sync will cover. */
  waiting: Group<Mark> | undefined
  underWay: Promise<void> | undefined
  failure: RollbackError | undefined
  /** Ends the waiting of what nobody waits for. One timer for all of it: a timer for each group would cost more than its records. */
  patience: NodeJS.Timeout | undefined
  endOfTurn: NodeJS.Immediate | undefined
}

/**
 * At most one sync is under way; what arrives meanwhile shares the next one. A failed write or sync is final, since after a failed sync the
 * kernel may have dropped the bytes, and a second sync would succeed over the hole.
 */
export function groupCommit<Mark>(options: GroupCommitOptions<Mark>): GroupCommit<Mark> {
  const queue: Queue<Mark> = {
    ...options,
    durable: options.start,
    waiting: undefined,
    underWay: undefined,
    failure: undefined,
    patience: undefined,
    endOfTurn: undefined,
  }
  return {
    add: (chunks, mark, options = {}) => add(queue, chunks, mark, options),
    durable: () => queue.durable,
    failure: () => queue.failure,
    settled: async () => {
      while (queue.waiting !== undefined || queue.underWay !== undefined) {
        urge(queue)
        await Promise.allSettled([queue.underWay, queue.waiting?.promise])
      }
      clearTimeout(queue.patience)
      queue.patience = undefined
    },
  }
}

/** How long what nobody waits for stays in memory at most. */
const patienceMs = 20

function add<Mark>(queue: Queue<Mark>, chunks: readonly Buffer[], mark: Mark, { isLazy, atEndOfTurn }: AppendOptions): Promise<void> {
  if (queue.failure !== undefined) return Promise.reject(queue.failure)
  queue.waiting ??= { ...Promise.withResolvers<void>(), chunks: [], mark, isUrgent: false }
  const { waiting } = queue
  for (const chunk of chunks) waiting.chunks.push(chunk)
  waiting.mark = mark
  if (atEndOfTurn === true) queue.endOfTurn ??= setImmediate(() => turnEnds(queue))
  else if (isLazy === true) queue.patience ??= setTimeout(() => outOfPatience(queue), patienceMs)
  else urge(queue)
  return waiting.promise
}

function turnEnds<Mark>(queue: Queue<Mark>): void {
  queue.endOfTurn = undefined
  urge(queue)
}

/** The timer may have been set for a group that is long on disk; then the present one is written a little early. */
function outOfPatience<Mark>(queue: Queue<Mark>): void {
  queue.patience = undefined
  urge(queue)
}

function urge<Mark>(queue: Queue<Mark>): void {
  const { waiting } = queue
  if (waiting === undefined || waiting.isUrgent) return
  waiting.isUrgent = true
  if (queue.underWay === undefined) schedule(queue)
}

/** Behind the microtasks that are queued by now: what continues together, after one sync or one timer, shares the next sync. */
function schedule<Mark>(queue: Queue<Mark>): void {
  if (queue.pace.isTurnSpent()) setImmediate(() => flush(queue))
  else void done.then(() => flush(queue))
}

const done = Promise.resolve()

function flush<Mark>(queue: Queue<Mark>): void {
  const group = queue.waiting
  if (group === undefined) return
  queue.waiting = undefined
  const bytes = joined(group.chunks)
  const startedAt = performance.now()
  if (!queue.pace.mayBlock()) {
    queue.underWay = queue.file.append(bytes).then(
      () => settle(queue, group, startedAt, false),
      (error: unknown) => failed(queue, group, error),
    )
    return
  }
  try {
    queue.file.appendSync(bytes)
  } catch (error) {
    failed(queue, group, error)
    return
  }
  settle(queue, group, startedAt, true)
}

function settle<Mark>(queue: Queue<Mark>, group: Group<Mark>, startedAt: number, hasBlocked: boolean): void {
  queue.pace.took(performance.now() - startedAt, hasBlocked)
  queue.durable = group.mark
  queue.underWay = undefined
  group.resolve()
  if (queue.waiting?.isUrgent === true) schedule(queue)
}

function failed<Mark>(queue: Queue<Mark>, group: Group<Mark>, error: unknown): void {
  queue.failure = queue.toFailure(error)
  queue.underWay = undefined
  group.reject(queue.failure)
  clearTimeout(queue.patience)
  queue.waiting?.reject(queue.failure)
  queue.waiting = undefined
}

/** Lines that lie one behind the other in memory are taken as they are: only their ends are looked at. */
function joined(chunks: readonly Buffer[]): Buffer {
  const stretches: Buffer[] = []
  for (let next = 0; next < chunks.length;) {
    const first = chunks[next] as Buffer
    let bytes = 0
    for (let chunk = chunks[next]; chunk?.buffer === first.buffer && chunk.byteOffset === first.byteOffset + bytes; chunk = chunks[++next])
      bytes += chunk.byteLength
    stretches.push(Buffer.from(first.buffer, first.byteOffset, bytes))
  }
  const [only] = stretches
  return stretches.length === 1 && only !== undefined ? only : Buffer.concat(stretches)
}
