import {
  approvalHash,
  decide,
  evolve,
  leafAt,
  replay,
  RollbackError,
  seal,
  viewOf,
  type Command,
  type IndexedLeaf,
  type Json,
  type Plan,
  type RecordBody,
  type RollbackStep,
  type Run,
  type RunRecord,
  type RunView,
} from '@backstep/core'
import { contextFor } from './context.ts'

/** Everything that a run knows. A workflow engine has it as the history of a workflow. */
export interface History {
  readonly records: readonly RunRecord[]
  readonly snapshots: Map<string, Json>
  /** Durable when it resolves: nothing happens in the world before. */
  append(record: RunRecord): Promise<void>
}

const actor = { id: 'workflow' }

// #region shell
/** Carries a plan of steps on from where its history ends, to its end or to where a person is needed. */
export async function carryOn(plan: Plan, history: History): Promise<RunView> {
  const { plan: sealed, registry } = await seal(plan, { context: contextFor(1, 'queries') })
  const run = replay(sealed, history.records)
  const write = async (body: RecordBody): Promise<void> => {
    const record = { ...body, at: Math.max(Date.now(), run.now) } as RunRecord
    await history.append(record)
    evolve(run, record)
  }
  await write(run.records === 0 ? created(sealed.hash) : { type: 'run.resumed', epoch: run.epoch + 1, actor })
  for (;;) {
    const { records, commands, acquire } = decide(run)
    for (const body of records) await write(body)
    if (acquire !== undefined) await write({ type: 'lease.acquired', tokens: Object.fromEntries(acquire.map((key) => [key, 1])) })
    if (records.length === 0 && commands.length === 0 && acquire === undefined) return viewOf(run)
    for (const command of commands) {
      await waitUntil(command.notBefore ?? 0)
      await perform(command, { run, step: registry.get(command.id) as RollbackStep, history, write })
    }
  }
}
// #endregion

interface Work {
  readonly run: Run
  readonly step: RollbackStep
  readonly history: History
  readonly write: (body: RecordBody) => Promise<void>
}

// #region perform
/** One command: one call of the step, and the record that closes it. */
async function perform({ do: what, id, attempt }: Command, { run, step, history, write }: Work): Promise<void> {
  const { facts, receipt } = leafAt(run, run.index.byId.get(id) as IndexedLeaf)
  const work = { prepared: facts?.prepared ?? {}, snapshot: history.snapshots.get(id) ?? null, mark: facts?.mark ?? '', receipt }
  const key = `${run.runId}/${id}/${what}`
  const context = contextFor(attempt, key)
  const probe = () => step.probe(work, context)
  if (what === 'prepare') return write(await orFailed('step.failed', id, () => prepared(id, step, context, history)))
  if (what === 'probe') return write({ type: 'step.probed', id, position: await probe() })
  if (what === 'look-back') return write({ type: 'undo.looked', id, position: await probe() })
  if (what === 'prove-undo') return write({ type: 'undo.probed', id, position: await probe() })
  if (what === 'verify') {
    const { status, evidence } = await step.verify({ ...work, receipt: receipt ?? {} }, context)
    return write({ type: 'step.verified', id, status, evidence })
  }
  if (what === 'execute') {
    await write({ type: 'step.intended', id, attempt, key })
    const execute = async (): Promise<RecordBody> => ({ type: 'step.effected', id, receipt: await step.execute(work, context) })
    return write(await orFailed('step.failed', id, execute))
  }
  if (what !== 'undo') throw new Error(`this shell cannot ${what}`)
  await write({ type: 'undo.intended', id, attempt, key })
  const undo = async (): Promise<RecordBody> => {
    const { evidence, notRestored = [] } = (await step.compensate?.(work, context)) ?? { evidence: [] }
    return { type: 'undo.effected', id, evidence, notRestored }
  }
  return write(await orFailed('undo.failed', id, undo))
}
// #endregion

async function prepared(id: string, step: RollbackStep, context: ReturnType<typeof contextFor>, history: History): Promise<RecordBody> {
  const preparation = await step.prepare(context)
  history.snapshots.set(id, preparation.snapshot ?? null)
  const { prepared: kept, risk, leases, summary, changes } = preparation
  const resources = changes.map(({ resource }) => resource)
  const hash = approvalHash(id, preparation)
  return { type: 'step.prepared', id, prepared: kept, risk, leases, summary, resources, mark: context.mark, approvalHash: hash }
}

/** What a throw says about the world goes into the record; the engine decides what follows from it. */
async function orFailed(type: 'step.failed' | 'undo.failed', id: string, call: () => Promise<RecordBody>): Promise<RecordBody> {
  try {
    return await call()
  } catch (error) {
    if (!(error instanceof RollbackError)) throw error
    const { code, message, hint, effect, canRetry } = error
    return { type, id, code, message, hint, effect, canRetry }
  }
}

function created(planHash: string): RecordBody {
  const nothing = { previewHash: '', approved: {}, approvals: [], leases: [] }
  return { type: 'run.created', runId: 'workflow-1', planHash, ...nothing, actor, engine: 'guide' }
}

async function waitUntil(time: number): Promise<void> {
  const milliseconds = time - Date.now()
  if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds))
}
