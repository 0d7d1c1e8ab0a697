import {
  evolve,
  leafAt,
  valueOf,
  type ContactObserver,
  type IndexedLeaf,
  type Json,
  type LeafState,
  type Output,
  type RecordBody,
  type Registry,
  type Run,
  type RunRecord,
  type StoredPreparation,
} from '@backstep/core'
import type { Span } from '@opentelemetry/api'
import type { EventStream } from './events.ts'
import { RunStopped } from './failure.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { outputReader } from './outputs.ts'
import type { RunnerPorts } from './ports.ts'
import type { StopBell } from './stop-bell.ts'
import type { AppendOptions, RunWriter } from './store.ts'

/** Told of every contact of a step, by its id and the method that makes them: the place for crash tests. */
export type StepObserver = (id: string, method: string) => ContactObserver

/** One run in one process: its state, its journal, its code, and what it may use. */
export interface Session {
  readonly ports: RunnerPorts
  readonly run: Run
  readonly writer: RunWriter
  readonly registry: Registry
  readonly leases: LeaseKeeper
  readonly events: EventStream
  readonly read: <T extends Json>(output: Output<T>) => T
  /** Approved preparations by step id. */
  readonly approved: Readonly<Record<string, StoredPreparation>>
  /** Stops everything that runs: lost lease, broken journal. */
  readonly stop: StopBell
  readonly stamp: () => number
  /** Told of every contact of every step: the place for crash tests. */
  readonly observer?: StepObserver
  readonly span: Span
  /** Snapshots that were just written or read, so that a verification every second does not read a file every second. */
  readonly snapshots: Map<string, Json>
  broken: unknown
  /** What the sync that is awaited covers. */
  telling: Telling | undefined
  lastOutcome: Promise<void>
  /** Steps whose last look found what was approved, not journalled yet. */
  readonly surveyed: string[]
}

/** Records that one sync makes durable, and the promise that they are told. */
interface Telling {
  readonly durable: Promise<void>
  readonly records: RunRecord[]
  readonly told: Promise<void>
}

/**
 * Writes records and applies them to the state at once, in the order of the journal. Resolves when they are durable: an effect waits for
 * that, a read need not. A journal that cannot be written stops the run.
 */
export function record(session: Session, ...bodies: readonly RecordBody[]): Promise<void> {
  return write(session, bodies, {})
}

function write(session: Session, bodies: readonly RecordBody[], options: AppendOptions): Promise<void> {
  if (session.broken !== undefined) return Promise.reject(session.broken as Error)
  const at = session.stamp()
  const records = bodies.map((body) => ({ ...body, at }) as RunRecord)
  const durable = session.writer.append(records, options)
  for (const one of records) evolve(session.run, one)
  return tell(session, durable, records)
}

/** Records that share a sync are told together: a thousand steps beside each other wait for one promise. */
function tell(session: Session, durable: Promise<void>, records: readonly RunRecord[]): Promise<void> {
  const { telling } = session
  if (telling?.durable === durable) {
    telling.records.push(...records)
    return telling.told
  }
  const all = [...records]
  const told = durable.then(
    () => {
      if (session.telling?.told === told) session.telling = undefined
      for (const one of all) session.events.push({ type: 'record', record: one })
    },
    (error: unknown) => {
      throw breakDown(session, error)
    },
  )
  told.catch(() => undefined) // `broken` is set, the loop sees it
  session.telling = { durable, records: all, told }
  return told
}

/** Notes that the journal is gone, and stops everything. */
export function breakDown(session: Session, error: unknown): RunStopped {
  const stopped =
    error instanceof RunStopped ? error : new RunStopped(error instanceof Error ? error.message : String(error), { cause: error })
  session.broken ??= stopped
  session.stop.ring(stopped)
  return stopped
}

/** Like `record`, for what need not be durable before going on. */
export function recordSoon(session: Session, ...bodies: readonly RecordBody[]): void {
  if (session.broken === undefined) void write(session, bodies, { isLazy: true })
}

/** Journals the last looks that found what was approved: one record for those that ended together. */
export function recordSurveys(session: Session): void {
  if (session.surveyed.length > 0) recordSoon(session, { type: 'steps.surveyed', position: 'before', ids: session.surveyed.splice(0) })
}

/**
 * Like `record`, for the outcome of an effect. Reads may go on at once; whatever changes the world next waits for it: an effect since its
 * intent comes after it in the journal, a message by `outcomesAreDurable`.
 */
export function recordOutcome(session: Session, body: RecordBody): void {
  if (session.broken === undefined) session.lastOutcome = write(session, [body], { atEndOfTurn: true })
}

/** Resolves when every outcome so far is durable. */
export function outcomesAreDurable(session: Session): Promise<void> {
  return session.lastOutcome
}

/** The leaf whose code and preparation a command uses: a release uses those of its scope's step. */
export function holderOf(session: Session, node: IndexedLeaf): { readonly node: IndexedLeaf; readonly state: LeafState } {
  const holder = (node.of ?? node) as IndexedLeaf
  return { node: holder, state: leafAt(session.run, holder) }
}

export function readerOf(idOf: ReadonlyMap<object, string>, run: Run): Session['read'] {
  return outputReader(idOf, (reference) => valueOf(run, reference))
}
