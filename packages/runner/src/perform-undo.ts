import type { Command, IndexedLeaf, JsonObject, Restoration } from '@backstep/core'
import { failureFrom } from './failure.ts'
import { look, lookClosely } from './perform-forward.ts'
import { record, type Session } from './session.ts'
import { keyOf, stepOf, workOf, writeCall } from './step-call.ts'

/** The look before an undo: somebody else's change is never overwritten. */
export async function performLookBack(session: Session, node: IndexedLeaf): Promise<void> {
  await record(session, { type: 'undo.looked', id: node.sealed.id, position: await look(session, node) })
}

/** Journals the intent, then puts back. */
export async function performUndo(session: Session, node: IndexedLeaf, command: Command): Promise<void> {
  const { id } = node.sealed
  await record(session, { type: 'undo.intended', id, attempt: command.attempt, key: keyOf(session, node, 'compensate') })
  try {
    const { evidence, notRestored = [], receipt } = await putBack(session, node, command.attempt)
    await record(session, { type: 'undo.effected', id, evidence, notRestored, ...(receipt === undefined ? {} : { receipt }) })
  } catch (error) {
    if (session.broken !== undefined) throw error
    await record(session, { type: 'undo.failed', id, ...failureFrom(error, false) })
  }
}

/** Going back over the leaving of a scope enters it again. */
async function putBack(session: Session, node: IndexedLeaf, attempt: number): Promise<Restoration & { readonly receipt?: JsonObject }> {
  const step = stepOf(session, node)
  const work = await workOf(session, node)
  if (node.of === undefined) {
    return writeCall(session, node, 'compensate', attempt, async (context) => (await step.compensate?.(work, context)) ?? { evidence: [] })
  }
  const receipt = await writeCall(session, node, 'execute', attempt, (context) => step.execute({ ...work, receipt: undefined }, context))
  return { evidence: [], receipt }
}

/** The proof of an undo. */
export async function performProof(session: Session, node: IndexedLeaf): Promise<void> {
  const { position, receipt } = await lookClosely(session, node)
  await record(session, { type: 'undo.probed', id: node.sealed.id, position, ...(receipt === undefined ? {} : { receipt }) })
}
