import { defineStep, RollbackError, type RollbackStep } from '@backstep/core'
import * as z from 'zod'
import type { StepBench } from '../../src/index.ts'

interface QueueClient {
  look(): Promise<{ readonly messages: readonly string[]; readonly purgedBy: string; readonly purges: number }>
  purge(request: { readonly mark: string; readonly ifPurges: number }): Promise<number>
}

/** A queue that can be emptied and never filled again: a point of no return that may not be repeated. */
export function purgeBench(): StepBench {
  let messages: readonly string[] = ['a', 'b', 'c']
  let purgedBy = ''
  let purges = 0
  const client: QueueClient = {
    look: async () => ({ messages, purgedBy, purges }),
    async purge({ mark, ifPurges }) {
      if (purges !== ifPurges) throw new RollbackError('DRIFTED', 'The queue was purged by somebody else', { hint: 'Ask who did it.' })
      const lost = messages.length
      messages = []
      purgedBy = mark
      purges++
      return lost
    },
  }
  return {
    make: () => purgeQueue(client),
    world: async () => ({ messages, purges }),
    drift: async () => {
      purges++
      messages = [...messages, 'other']
    },
    writes: async () => purges,
  }
}

function purgeQueue(client: QueueClient): RollbackStep {
  const make = defineStep({
    kind: 'demo.purge-queue',
    options: z.strictObject({}),
    prepared: z.object({ purges: z.int(), count: z.int() }),
    receipt: z.object({ purges: z.int() }),
    traits: { risk: ['data-loss', 'point-of-no-return'], idempotency: 'none', fencing: 'conditional-write' },
    client: (): QueueClient => client,
    contacts: { look: 'read', purge: 'write' },
    toRollbackError: (cause) =>
      new RollbackError('BACKEND_UNAVAILABLE', cause instanceof Error ? cause.message : 'no reason', { hint: 'Look at the queue.' }),
    target: () => ({ system: 'queue', name: 'orders' }),
    async prepare({ client: queue }) {
      const { messages, purges } = await queue.look()
      const dataLoss = { what: 'waiting orders', rows: messages.length, rowsAtMost: messages.length }
      return {
        prepared: { purges, count: messages.length },
        summary: 'Purge the queue of orders',
        changes: messages.length === 0 ? [] : [{ resource: 'queue:orders', action: 'delete', dataLoss }],
        guards: [{ resource: 'queue:orders', property: 'purges', equals: String(purges) }],
        leases: ['queue:orders'],
        risk: ['data-loss', 'point-of-no-return'],
      }
    },
    async probe({ client: queue, prepared, mark }) {
      const { messages, purgedBy, purges } = await queue.look()
      const isOurs = purges === prepared.purges + 1 && purgedBy === mark
      if (isOurs || (purges === prepared.purges && prepared.count === 0 && messages.length === 0))
        return { at: 'after', receipt: { purges } }
      return purges === prepared.purges ? { at: 'before' } : { at: 'elsewhere', detail: `purged ${purges} times` }
    },
    async execute({ client: queue, prepared, mark }) {
      const { purgedBy, purges } = await queue.look()
      if (purgedBy === mark) return { purges }
      await queue.purge({ mark, ifPurges: prepared.purges })
      return { purges: prepared.purges + 1 }
    },
    async verify({ client: queue, receipt }, context) {
      const { messages, purges } = await queue.look()
      const evidence = [context.evidence('messages', String(messages.length), 'queue')]
      return purges === receipt.purges && messages.length === 0
        ? { status: 'healthy', evidence }
        : { status: 'unhealthy', evidence, expected: 'none', actual: `${messages.length}` }
    },
  })
  return make({}) as RollbackStep
}
