import { defineStep, plainCause, RollbackError } from '@backstep/core'
import * as z from 'zod'
import { searchContacts, type Alias, type Job, type SearchAdmin } from './search-admin.ts'

const alias = z.object({ index: z.string(), by: z.string() })

/** Makes the search of the shop read an earlier index. The service moves the alias some time after it was asked to. */
export const moveAlias = defineStep({
  kind: 'search.move-alias',
  options: z.strictObject({ to: z.string() }),
  prepared: z.object({ before: alias, to: z.string() }),
  receipt: z.object({ index: z.string(), by: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write', layer: 'traffic' },
  client: (): SearchAdmin => {
    throw new Error('pass the client of your search service')
  },
  contacts: searchContacts,
  toRollbackError: searchError,
  target: () => ({ system: 'search', name: 'shop' }),

  async prepare({ options: { to }, client }, { abortSignal }) {
    const before = await client.alias(abortSignal)
    const resource = 'search:alias/shop'
    return {
      prepared: { before, to },
      summary: `Search in ${to}`,
      changes: before.index === to ? [] : [{ resource, action: 'update', before: before.index, after: to }],
      guards: [{ resource, property: 'by', equals: before.by }],
      leases: [resource],
      risk: ['reversible'],
    }
  },
  // #region probe
  async probe({ prepared: { before, to }, mark, client }, { abortSignal }) {
    const job = await runningJob(client, mark, abortSignal)
    if (job !== undefined) return { at: 'unknown', detail: `job ${job.id} is on its way` }
    const now = await client.alias(abortSignal)
    const isOurs = now.by === mark || (now.by === before.by && before.index === to)
    if (isOurs && now.index === to) return { at: 'after', receipt: now }
    const isBefore = now.by === before.by || now.by === undone(mark)
    return isBefore ? { at: 'before' } : { at: 'elsewhere', detail: `it leads to ${now.index}, moved by ${now.by}` }
  },
  // #endregion
  // #region execute
  async execute({ prepared: { before, to }, mark, client }, context) {
    const [now, running] = [await client.alias(context.abortSignal), await client.jobNoted(mark, context.abortSignal)]
    if (now.by !== mark && running?.state !== 'running') {
      if (now.by !== before.by && now.by !== undone(mark)) throw drifted(now)
      const job = await client.startMove({ from: now, to, note: mark }, context.abortSignal)
      await context.note({ job })
      context.report({ message: `job ${job} moves the alias` })
    }
    return { index: to, by: mark }
  },
  async verify({ prepared: { to }, receipt, mark, client }, context) {
    const job = await runningJob(client, mark, context.abortSignal)
    const now = await client.alias(context.abortSignal)
    const evidence = [context.evidence('alias', `${now.index} by ${now.by}`, 'search service')]
    if (job !== undefined) return { status: 'progressing', evidence, actual: `job ${job.id} is on its way` }
    if (now.index === to && now.by === receipt.by) return { status: 'healthy', evidence }
    return { status: 'unhealthy', evidence, expected: to, actual: now.index }
  },
  // #endregion
  async compensate({ prepared: { before, to }, mark, client }, context) {
    while ((await runningJob(client, mark, context.abortSignal)) !== undefined) await context.clock.sleep(500, context.abortSignal)
    const now = await client.alias(context.abortSignal)
    const evidence = [context.evidence('alias', now.index, 'search service')]
    if (now.by === before.by || now.by === undone(mark)) return { evidence }
    if (now.by !== mark || now.index !== to) throw drifted(now)
    await client.startMove({ from: now, to: before.index, note: undone(mark) }, context.abortSignal)
    return { evidence }
  },
})

/** Our own move, there or back, that has not ended. */
async function runningJob(client: SearchAdmin, mark: string, abortSignal: AbortSignal): Promise<Job | undefined> {
  const jobs = [await client.jobNoted(mark, abortSignal), await client.jobNoted(undone(mark), abortSignal)]
  return jobs.find((job) => job?.state === 'running')
}

const undone = (mark: string): string => `${mark} undone`

function drifted({ index, by }: Alias): RollbackError {
  return new RollbackError('DRIFTED', `The alias leads to ${index}, moved by ${by}`, { hint: 'Find out who moved it, then preview again.' })
}

function searchError(cause: unknown): RollbackError {
  const { status, code } = (cause ?? {}) as { readonly status?: number; readonly code?: string }
  const kept = plainCause(cause)
  if (status === 409) return new RollbackError('DRIFTED', 'The alias was moved in between', { hint: 'Find out who moved it.', cause: kept })
  const effect = code === 'ECONNREFUSED' ? 'none' : 'unknown'
  return new RollbackError('BACKEND_UNAVAILABLE', 'The search service did not answer', {
    hint: 'Check that it is reachable, then resume.',
    effect,
    cause: kept,
  })
}
