import { RollbackError, type Position, type RollbackStep } from '@backstep/core'
import { callOf, goodDefinition, liveSettings, positionOf } from '../steps/restore-settings.ts'
import type { SettingsClient } from '../steps/settings-service.ts'
import type { WrongStep } from './wrong-step.ts'

const changedPrepare =
  (change: (preparation: Awaited<ReturnType<RollbackStep['prepare']>>) => object) =>
  (step: RollbackStep): RollbackStep => ({
    ...step,
    prepare: async (context) => ({ ...(await step.prepare(context)), ...change(await step.prepare(context)) }) as never,
  })
let guardCount = 0

export const wrongReads: readonly WrongStep[] = [
  {
    is: 'prepare that writes',
    caughtBy: 'prepare writes nothing',
    says: 'it made the write contact "write"',
    definition: {
      async prepare(work, context) {
        const call = await callOf(work, context)
        const { version } = await work.client.read('limit', call)
        await work.client.write('limit', { value: '50', changedBy: 'prepare', ifVersion: version }, call)
        return goodDefinition.prepare(work, context)
      },
    },
  },
  {
    is: 'prepare that writes past the port',
    caughtBy: 'prepare writes nothing',
    says: 'prepare changed something',
    step: (step, service) => ({ ...step, prepare: async (context) => (service.set('limit', '50'), step.prepare(context)) }),
  },
  {
    is: 'verify that writes',
    caughtBy: 'probe and verify write nothing',
    says: 'verify may not write',
    definition: {
      async verify(work, context) {
        const [[name, { version, value }] = ['limit', { version: 0, value: '' }]] = await liveSettings(work, context)
        await work.client.write(name, { value, changedBy: work.mark, ifVersion: version }, await callOf(work, context))
        return goodDefinition.verify(work, context)
      },
    },
  },
  {
    is: 'a contact that is not in the table',
    caughtBy: 'every contact is in the table, with its true mode',
    says: 'is not in the table of contacts',
    definition: { contacts: { read: 'read' } as never },
  },
  {
    is: 'a read contact that writes',
    caughtBy: 'every contact is in the table, with its true mode',
    says: 'the read contact "read" wrote something',
    client: ({ client, set }): SettingsClient => ({
      ...client,
      read: async (name, call) => (set('last reader', name), client.read(name, call)),
    }),
  },
  {
    is: 'a write past the port',
    caughtBy: 'every contact is in the table, with its true mode',
    says: 'past the port',
    step: (step, service) => ({ ...step, execute: async (work, context) => (service.set('log', 'executed'), step.execute(work, context)) }),
  },
  {
    is: 'a step without a table',
    caughtBy: 'every contact is in the table, with its true mode',
    says: 'The step has no table of contacts',
    step: (step) => ({ ...step, contacts: undefined }),
  },
  {
    is: 'a forgotten await',
    caughtBy: 'every contact is awaited',
    says: 'execute returned while "write" was still under way',
    definition: {
      async execute(work, context) {
        const call = await callOf(work, context)
        for (const [name, { version }] of await liveSettings(work, context)) {
          void work.client.write(name, { value: work.snapshot.to, changedBy: work.mark, ifVersion: version }, call)
        }
        return { value: work.snapshot.to, names: [...work.options.names] }
      },
    },
  },
  {
    is: 'a preparation with a Date',
    caughtBy: 'a preparation survives the journal',
    says: 'prepared.at is a Date',
    step: changedPrepare(({ prepared }) => ({ prepared: { ...prepared, at: new Date(0) } })),
  },
  {
    is: 'a preparation too large for a journal',
    caughtBy: 'a preparation survives the journal',
    says: 'at most 65536 go into a journal',
    step: changedPrepare(({ prepared }) => ({ prepared: { ...prepared, dump: 'x'.repeat(70_000) } })),
  },
  {
    is: 'a risk that the type does not say',
    caughtBy: 'a preparation stays within the promises of its step',
    says: 'it risks data-loss, and traits.risk says reversible',
    step: changedPrepare(() => ({ risk: ['data-loss'] })),
  },
  {
    is: 'a preparation better than its trait',
    caughtBy: 'a preparation stays within the promises of its step',
    says: 'better than the promised keyed',
    definition: { traits: { ...goodDefinition.traits, idempotency: 'keyed' } },
    step: changedPrepare(() => ({ idempotency: 'natural' })),
  },
  {
    is: 'a change without a lease',
    caughtBy: 'a preparation says what changes, and preparing again says the same',
    says: 'asks for no lease',
    step: changedPrepare(() => ({ leases: [] })),
  },
  {
    is: 'guards that move by themselves',
    caughtBy: 'a preparation says what changes, and preparing again says the same',
    says: 'its guards differ although nothing moved',
    step: changedPrepare(() => ({ guards: [{ resource: 'settings:limit', property: 'seen', equals: String(++guardCount) }] })),
  },
  {
    is: 'a probe that says after too early',
    caughtBy: 'probe tells the truth wherever execute was interrupted',
    says: 'probe says after, and the world is {"limit":"20","colour":"red"}',
    definition: {
      async probe(work, context) {
        const found: Position<{ value: string; names: readonly string[] }> = await goodDefinition.probe(work, context)
        return found.at === 'between' ? { at: 'after', receipt: { value: work.snapshot.to, names: ['limit', 'colour'] } } : found
      },
    },
  },
  {
    is: 'a probe that takes its own half for somebody else',
    caughtBy: 'probe tells the truth wherever execute was interrupted',
    says: 'and nobody else changed anything',
    definition: {
      async probe(work, context) {
        const found = await goodDefinition.probe(work, context)
        return found.at === 'between' ? { at: 'elsewhere', detail: found.detail } : found
      },
    },
  },
  {
    is: 'a probe that takes no answer for an answer',
    caughtBy: 'a backend out of reach is never taken for an answer',
    says: 'probe says before although the backend is out of reach',
    definition: {
      probe: async (work, context) =>
        positionOf(await liveSettings(work, context).catch(() => []), work).at === 'after'
          ? goodDefinition.probe(work, context).catch(() => ({ at: 'before' }))
          : { at: 'before' },
    },
  },
  {
    is: 'a verify that looks at nothing',
    caughtBy: 'a backend out of reach is never taken for an answer',
    says: 'verify says healthy although the backend is out of reach',
    definition: { verify: async () => ({ status: 'healthy', evidence: [] }) },
  },
  {
    is: 'a verify that is always content',
    caughtBy: 'verify is not healthy before execute',
    says: 'verify says healthy although nothing was executed',
    definition: {
      async verify(work, context) {
        await liveSettings(work, context)
        return { status: 'healthy', evidence: [] }
      },
    },
  },
  {
    is: 'a backend out of reach that is not worth another try',
    caughtBy: 'a backend out of reach is never taken for an answer',
    says: 'is worth another try (canRetry)',
    definition: { toRollbackError: (cause) => new RollbackError('REJECTED', `It failed: ${String(cause)}`, { hint: 'Look at it.' }) },
    bench: (_, service) => ({
      unreachable: async () => {
        service.failWith(503)
        return async () => service.failWith(undefined)
      },
    }),
  },
]
