import { RollbackError } from '@backstep/core'
import { callOf, goodDefinition, liveSettings } from '../steps/restore-settings.ts'
import { plantedToken } from '../steps/settings-service.ts'
import { withMemory } from './wrong-effects.ts'
import type { WrongStep } from './wrong-step.ts'

const hint = 'Look at it.'
const reject = (cause: unknown): never => {
  throw new RollbackError('REJECTED', String(cause), { hint })
}

export const wrongInterruptions: readonly WrongStep[] = [
  {
    is: 'an error of the vendor',
    caughtBy: 'every failure is a RollbackError that says what to do',
    says: 'which is no RollbackError',
    step: (step) => ({
      ...step,
      probe: (work, context) =>
        step.probe(work, context).catch(() => {
          throw new Error('socket hang up')
        }),
    }),
  },
  {
    is: 'an error without a hint',
    caughtBy: 'every failure is a RollbackError that says what to do',
    says: 'its hint is empty',
    definition: { toRollbackError: () => new RollbackError('BACKEND_UNAVAILABLE', 'It failed', { hint: '' }) },
  },
  {
    is: 'a step that does not know the failures of its client',
    caughtBy: 'every failure is a RollbackError that says what to do',
    says: 'does not know the failures of its own client',
    definition: { toRollbackError: (cause) => cause as Error },
    bench: () => ({ connectionLost: () => Object.assign(new Error('lost'), { status: 599 }) }),
  },
  {
    is: 'a failure after the first of two writes that says it had no effect',
    caughtBy: 'what a disturbed call says about its effect is true',
    says: 'it says BACKEND_UNAVAILABLE (effect none): It failed, and the world changed',
    definition: {
      execute: (work, context) =>
        goodDefinition.execute(work, context).catch((error: unknown) => {
          throw error instanceof RollbackError && error.code === 'DRIFTED'
            ? error
            : new RollbackError('BACKEND_UNAVAILABLE', 'It failed', { hint, effect: 'none' })
        }),
    },
  },
  {
    is: 'an execute that swallows the abort',
    caughtBy: 'an abort before or during any method stops it promptly',
    says: 'it returned an answer although it was aborted before its first contact',
    definition: {
      execute: (work, context) =>
        goodDefinition.execute(work, context).catch(() => ({ value: work.snapshot.to, names: [...work.options.names] })),
    },
  },
  {
    is: 'an execute that tries again for ever',
    caughtBy: 'an abort before or during any method stops it promptly',
    says: 'it went on for longer than',
    definition: {
      async execute(work, context) {
        for (;;) {
          try {
            return await goodDefinition.execute(work, context)
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        }
      },
    },
  },
  {
    is: 'an abort that is called an effect',
    caughtBy: 'an abort before or during any method stops it promptly',
    says: 'although nothing was written',
    definition: {
      execute: (work, context) =>
        goodDefinition.execute(work, context).catch((error: unknown) => {
          throw context.abortSignal.aborted ? new RollbackError('ABORTED', 'stopped', { hint }) : error
        }),
    },
  },
  {
    is: 'a vendor error that is kept whole',
    caughtBy: 'planted secrets appear nowhere',
    says: 'SETTINGS_TOKEN stands in error of prepare, a refused connection at contact 1 (read)[0].cause.input (plain)',
    definition: { toRollbackError: (cause) => new RollbackError('BACKEND_UNAVAILABLE', 'It failed', { hint, cause }) },
  },
  {
    is: 'a secret in a progress event',
    caughtBy: 'planted secrets appear nowhere',
    says: 'SETTINGS_TOKEN stands in events (forward)',
    definition: {
      async execute(work, context) {
        context.report({ message: `with ${(await callOf(work, context)).token}` })
        return goodDefinition.execute(work, context)
      },
    },
  },
  {
    is: 'a secret in a snapshot',
    caughtBy: 'planted secrets appear nowhere',
    says: 'SETTINGS_TOKEN stands in preview (forward)',
    definition: {
      async prepare(work, context) {
        const { snapshot, ...rest } = await goodDefinition.prepare(work, context)
        return {
          ...rest,
          snapshot: { values: { ...snapshot?.values, token: Buffer.from(plantedToken).toString('base64') }, to: work.options.value },
        }
      },
    },
  },
  {
    is: 'an effect that is made again after a crash',
    caughtBy: 'a crash at any contact, then resume, equals no crash',
    says: 'another world: {"limit":"20+20","colour":"red"}',
    definition: {
      probe: async (work, context) =>
        work.receipt === undefined ? (await liveSettings(work, context), { at: 'before' }) : { at: 'after', receipt: work.receipt },
      async execute(work, context) {
        const call = await callOf(work, context)
        const [now] = (await liveSettings(work, context)).map(([, live]) => live)
        await work.client.write(
          'limit',
          { value: now?.value.startsWith('20') === true ? `${now.value}+20` : '20', changedBy: work.mark, ifVersion: now?.version ?? 0 },
          call,
        )
        return { value: '20', names: ['limit'] }
      },
      verify: async () => ({ status: 'healthy', evidence: [] }),
    },
  },
  {
    is: 'an undo that only the process remembers which did it',
    caughtBy: 'a crash at any contact of a run that goes back, then resume, equals no crash',
    says: 'a crash after contact',
    step: withMemory((step, memory) => ({
      ...step,
      compensate: async (work, context) => (memory.hasExecuted ? (step.compensate?.(work, context) ?? { evidence: [] }) : { evidence: [] }),
    })),
  },
  {
    is: 'a lost answer that is taken for a refusal',
    caughtBy: 'a lost answer to any write does no harm',
    says: 'an answer lost after contact',
    definition: { execute: (work, context) => goodDefinition.execute(work, context).catch(reject) },
  },
  {
    is: 'a lost answer that is asked for again by writing on',
    caughtBy: 'a lost answer to any write does no harm on the way back',
    says: 'an answer lost after contact',
    client: ({ client }) => client,
    definition: {
      compensate: (work, context) =>
        goodDefinition.compensate(work, context).catch(async (error: unknown) => {
          const call = await callOf(work, context)
          for (const [name, { version }] of await liveSettings(work, context))
            await work.client.write(name, { value: 'default', changedBy: work.mark, ifVersion: version }, call)
          throw error
        }),
    },
  },
  {
    is: 'a refused connection that is not tried again',
    caughtBy: 'a refused connection at any contact does no harm',
    says: 'the run ended as aborted with {"limit":"20","colour":"red"}',
    definition: { execute: (work, context) => goodDefinition.execute(work, context).catch(reject) },
  },
  {
    is: 'a refused connection that ends an undo',
    caughtBy: 'a refused connection at any contact does no harm on the way back',
    says: 'the run ended as blocked (undo-failed)',
    definition: { compensate: (work, context) => goodDefinition.compensate(work, context).catch(reject) },
  },
  {
    is: 'a probe that waits for an execute that hangs',
    caughtBy: 'a write that is never answered runs out of time, and the run converges',
    says: 'an answer that never came after contact',
    step: withMemory((step, memory) => ({
      ...step,
      settings: { ...step.settings, timeout: '2s' },
      probe: async (work, context) => (memory.isExecuting ? { at: 'unknown', detail: 'still executing' } : step.probe(work, context)),
    })),
  },
]
