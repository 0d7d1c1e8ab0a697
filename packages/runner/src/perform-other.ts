import { valueOf, type Command, type IndexedLeaf, type Json, type Observe, type Require } from '@backstep/core'
import { stepContext } from './contexts.ts'
import { failureFrom } from './failure.ts'
import { nodeBehind } from './outputs.ts'
import { inParallel } from './reading.ts'
import { outcomesAreDurable, record, recordSoon, type Session } from './session.ts'
import { readCall } from './step-call.ts'
import { worstVerdict } from './verdicts.ts'

/** One sample of all checks of a `require` or an `observe`. A check that throws has no data. */
export async function performSample(session: Session, node: IndexedLeaf): Promise<void> {
  const { id } = node.sealed
  const owner = nodeBehind(session.registry, id) as Require | Observe
  const checks = owner.node === 'require' ? owner.checks : owner.options.checks
  const verdicts = await inParallel(checks, session.ports.limits.maxParallelReads, async (check) => {
    try {
      return await readCall(session, node, 'probe', (source) => check.sample({ ...stepContext(source), read: session.read }))
    } catch (error) {
      if (session.broken !== undefined) throw error
      return { status: 'unknown' as const, evidence: [], reason: `${check.kind}: ${failureFrom(error, true).message}` }
    }
  })
  recordSoon(session, { type: 'sample.taken', id, ...worstVerdict(verdicts) })
}

/** Opens a gate. Durable, since people are told of it. */
export async function performAsk(session: Session, node: IndexedLeaf, command: Command): Promise<void> {
  await record(session, { type: 'gate.opened', id: node.sealed.id, hash: command.hash ?? '' })
}

/** A message is done when it stands in the outbox. */
export async function performQueue(session: Session, node: IndexedLeaf): Promise<void> {
  const { id, kind } = node.sealed
  const options = resolveReferences(node.sealed.options, (reference) => valueOf(session.run, reference))
  await outcomesAreDurable(session)
  await session.writer.queueNotice({ key: `${session.run.runId}/${id}`, kind, options, queuedAt: session.stamp() })
  await record(session, { type: 'notice.queued', id, kind, options })
}

/** Outputs replaced by their values; one that never became known is said to be so. Secrets stay references. */
function resolveReferences(options: Json, valueOfReference: (reference: string) => Json | undefined): Json {
  if (Array.isArray(options)) return options.map((inner: Json) => resolveReferences(inner, valueOfReference))
  if (typeof options !== 'object' || options === null) return options
  const entries = Object.entries(options as Readonly<Record<string, Json>>)
  const [only] = entries
  if (entries.length === 1 && only?.[0] === 'output' && typeof only[1] === 'string')
    return valueOfReference(only[1]) ?? `(not known: ${only[1]})`
  return Object.fromEntries(entries.map(([key, inner]) => [key, resolveReferences(inner, valueOfReference)]))
}
