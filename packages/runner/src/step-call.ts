import { leafAt, RollbackError, type IndexedLeaf, type Json, type JsonObject, type RollbackStep, type Work } from '@backstep/core'
import { getJson } from './blobs.ts'
import { callStep, type CallScope } from './call.ts'
import { executeContext, type ContextSource } from './contexts.ts'
import { nodeBehind } from './outputs.ts'
import { reading } from './reading.ts'
import { within } from './stray-rejections.ts'
import { holderOf, record, type Session } from './session.ts'

/** The code of a leaf. */
export function stepOf(session: Session, node: IndexedLeaf): RollbackStep {
  return nodeBehind(session.registry, holderOf(session, node).node.sealed.id) as RollbackStep
}

/** What the journal knows for the methods after prepare. */
export async function workOf(session: Session, node: IndexedLeaf): Promise<Work> {
  const { state } = holderOf(session, node)
  const { facts, receipt } = state
  if (facts === undefined)
    throw new RollbackError('INTERNAL', `${node.sealed.id} was never prepared`, {
      hint: 'This is a defect of Backstep: please report it with the journal.',
      effect: 'none',
    })
  const snapshot = facts.snapshot === undefined ? null : await snapshotOf(session, facts.snapshot)
  return {
    prepared: facts.prepared,
    snapshot,
    mark: facts.mark,
    receipt: node.of === undefined ? receipt : scopeReceipt(session, node, receipt),
  }
}

/** Left and entered again, the scope's receipt speaks of an entering that is over. */
function scopeReceipt(session: Session, node: IndexedLeaf, receipt: JsonObject | undefined): JsonObject | undefined {
  return leafAt(session.run, node).phase === 'done' ? undefined : receipt
}

async function snapshotOf(session: Session, blob: { readonly blob: string; readonly bytes: number }): Promise<Json> {
  const known = session.snapshots.get(blob.blob)
  if (known !== undefined) return known
  const value = await getJson(session.writer, blob)
  rememberSnapshot(session, blob, value)
  return value
}

export function rememberSnapshot(session: Session, blob: { readonly blob: string; readonly bytes: number }, value: Json): void {
  if (blob.bytes > 1_048_576) return
  if (session.snapshots.size >= 64) session.snapshots.delete(session.snapshots.keys().next().value ?? '')
  session.snapshots.set(blob.blob, value)
}

type Method = 'prepare' | 'probe' | 'execute' | 'verify' | 'compensate'

/** One call of one method, with its time-out, its contacts watched, its leases looked at before each write. */
export function call<T>(session: Session, node: IndexedLeaf, method: Method, work: (source: ContextSource) => Promise<T>): Promise<T> {
  const { ports } = session
  const { sealed } = node
  const { state, node: holder } = holderOf(session, node)
  const keys = state.facts?.leases ?? []
  return callStep(
    {
      what: `${method} of ${sealed.id}`,
      clock: ports.clock,
      timeoutMs: sealed.timeoutMs ?? 300_000,
      graceMs: ports.limits.graceMs,
      stop: session.stop,
      beforeWrite: mayWrite(method) ? () => session.leases.check(keys) : () => refuseWrite(method, sealed.id),
      seesWrites: () => hasPort(session, holder),
      observer: session.observer?.(sealed.id, method),
    },
    (scope: CallScope) =>
      within(
        (message) => session.events.push({ type: 'stray-rejection', id: sealed.id, message }),
        () =>
          work({
            ports,
            scope,
            notes: state.notes,
            report: (progress) => session.events.push({ type: 'progress', id: sealed.id, progress }),
            workDirectory: () => session.writer.workDirectory(holder.sealed.id),
            open: (blob) => session.writer.getBlob(blob),
          }),
      ),
  )
}

function mayWrite(method: Method): boolean {
  return method === 'execute' || method === 'compensate'
}

/** A run holds reads to it as a preview does: what they changed would stand in no journal. */
async function refuseWrite(method: Method, id: string): Promise<never> {
  throw new RollbackError('INTERNAL', `${method} of ${id} may not write`, {
    hint: 'This is a defect of the step: its author has to make it read only.',
    effect: 'none',
  })
}

/** A step without a port can write unseen. */
function hasPort(session: Session, holder: IndexedLeaf): boolean {
  const step = nodeBehind(session.registry, holder.sealed.id)
  return step.node !== 'step' || step.contacts !== undefined
}

/** A read, repeated while that can help. */
export function readCall<T>(session: Session, node: IndexedLeaf, method: Method, work: (source: ContextSource) => Promise<T>): Promise<T> {
  return reading(session.ports.clock, node.sealed.timeoutMs ?? 300_000, session.stop.signal, () => call(session, node, method, work))
}

/** A call that may change the world. */
export function writeCall<T>(
  session: Session,
  node: IndexedLeaf,
  method: 'execute' | 'compensate',
  attempt: number,
  work: (context: ReturnType<typeof executeContext>) => Promise<T>,
): Promise<T> {
  return call(session, node, method, (source) =>
    work(
      executeContext({
        ...source,
        attempt,
        idempotencyKey: keyOf(session, node, method),
        fence: (key) => session.leases.token(key),
        note: (note) => record(session, { type: 'step.noted', id: holderOf(session, node).node.sealed.id, note }),
      }),
    ),
  )
}

/**
 * The same for every attempt in this run and direction; another for each run, and for a step that is begun again after it was put back: a
 * provider would take that for a repeat of the first time, and drop it.
 */
export function keyOf(session: Session, node: IndexedLeaf, method: 'execute' | 'compensate'): string {
  const { generation } = leafAt(session.run, node)
  const key = `${session.run.runId}/${node.sealed.id}/${method}`
  return generation === 0 ? key : `${key}/${generation + 1}`
}
