import type { Command, IndexedLeaf, JsonObject, Position, RollbackStep } from '@backstep/core'
import { leafAt } from '@backstep/core'
import { stepContext } from './contexts.ts'
import { failureFrom } from './failure.ts'
import { record, recordOutcome, recordSoon, type Session } from './session.ts'
import { keyOf, readCall, stepOf, workOf, writeCall } from './step-call.ts'
import { detailOf } from './verdicts.ts'

/** Journals the intent, durable before the effect, then makes the effect and journals its outcome, durable before anything else is changed. */
export async function performExecute(session: Session, node: IndexedLeaf, command: Command): Promise<void> {
  const { id } = node.sealed
  const intent = { type: 'step.intended' as const, id, attempt: command.attempt, key: keyOf(session, node, 'execute') }
  await (command.crosses === true ? record(session, { type: 'no-return.crossing', id }, intent) : record(session, intent))
  try {
    const receipt = await effect(session, node, command.attempt)
    recordOutcome(session, { type: 'step.effected', id, receipt })
  } catch (error) {
    if (session.broken !== undefined) throw error
    await record(session, { type: 'step.failed', id, ...failureFrom(error, false) })
  }
}

/** Of a release: the compensation of its scope. */
async function effect(session: Session, node: IndexedLeaf, attempt: number): ReturnType<RollbackStep['execute']> {
  const step = stepOf(session, node)
  const work = await workOf(session, node)
  if (node.of === undefined) return writeCall(session, node, 'execute', attempt, (context) => step.execute(work, context))
  await writeCall(session, node, 'compensate', attempt, async (context) => step.compensate?.(work, context))
  return {}
}

/** Where the world is for a leaf. A look that fails is `unknown`, never a throw: the engine asks again. */
export async function look(session: Session, node: IndexedLeaf): Promise<Position> {
  return (await lookClosely(session, node)).position
}

/** Like `look`; of a release also the receipt of its scope, when that is entered. */
export async function lookClosely(
  session: Session,
  node: IndexedLeaf,
): Promise<{ readonly position: Position; readonly receipt?: JsonObject }> {
  try {
    const step = stepOf(session, node)
    const work = await workOf(session, node)
    const position = await readCall(session, node, 'probe', (source) => step.probe(work, stepContext(source)))
    if (node.of === undefined) return { position }
    return { position: flipped(position), ...(position.at === 'after' ? { receipt: position.receipt } : {}) }
  } catch (error) {
    if (session.broken !== undefined) throw error
    return { position: { at: 'unknown', detail: failureFrom(error, true).message } }
  }
}

/** A scope is left when its step is back at `before`. */
function flipped(position: Position): Position {
  if (position.at === 'before') return { at: 'after', receipt: {} }
  return position.at === 'after' ? { at: 'before' } : position
}

export async function performProbe(session: Session, node: IndexedLeaf): Promise<void> {
  await record(session, { type: 'step.probed', id: node.sealed.id, position: await look(session, node) })
}

export async function performVerify(session: Session, node: IndexedLeaf): Promise<void> {
  const { id } = node.sealed
  if (node.of !== undefined) return verifyRelease(session, node)
  try {
    const step = stepOf(session, node)
    const work = await workOf(session, node)
    const receipt = leafAt(session.run, node).receipt ?? {}
    const verdict = await readCall(session, node, 'verify', (source) => step.verify({ ...work, receipt }, stepContext(source)))
    const detail = detailOf(verdict)
    recordSoon(session, {
      type: 'step.verified',
      id,
      status: verdict.status,
      evidence: verdict.evidence,
      ...(detail === '' ? {} : { detail }),
    })
  } catch (error) {
    if (session.broken !== undefined) throw error
    recordSoon(session, { type: 'step.verified', id, status: 'unknown', evidence: [], detail: failureFrom(error, true).message })
  }
}

async function verifyRelease(session: Session, node: IndexedLeaf): Promise<void> {
  const position = await look(session, node)
  const status = position.at === 'after' ? 'healthy' : position.at === 'unknown' ? 'unknown' : 'unhealthy'
  const detail = 'detail' in position ? position.detail : `the scope is still entered (${position.at})`
  recordSoon(session, { type: 'step.verified', id: node.sealed.id, status, evidence: [], ...(status === 'healthy' ? {} : { detail }) })
}

/** The last look at an approved preparation before anything is changed. The expected answer is journalled together with those of others. */
export async function performSurvey(session: Session, node: IndexedLeaf): Promise<void> {
  const { id } = node.sealed
  const approved = session.approved[id]
  let position: Position
  try {
    const step = stepOf(session, node)
    const { preparation, mark } = approved ?? {}
    const work = { prepared: preparation?.prepared ?? {}, snapshot: preparation?.snapshot ?? null, mark: mark ?? '', receipt: undefined }
    position = await readCall(session, node, 'probe', (source) => step.probe(work, stepContext(source)))
  } catch (error) {
    if (session.broken !== undefined) throw error
    position = { at: 'unknown', detail: failureFrom(error, true).message }
  }
  if (position.at === 'before') session.surveyed.push(id)
  else
    recordSoon(session, { type: 'step.surveyed', id, position: position.at, ...('detail' in position ? { detail: position.detail } : {}) })
}
