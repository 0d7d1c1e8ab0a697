import { RollbackError, type ExecuteContext, type RollbackStep } from '@backstep/core'
import { callOf, goodDefinition, liveSettings, positionOf, type RestoreWork } from '../steps/restore-settings.ts'
import type { WrongStep } from './wrong-step.ts'

/** Writes without looking at anything but the version of now. */
async function overwrite(
  work: RestoreWork,
  context: ExecuteContext,
  valueOf: (name: string, now: string) => string,
): Promise<{ value: string; names: string[] }> {
  const call = await callOf(work, context)
  for (const [name, now] of await liveSettings(work, context)) {
    await work.client.write(name, { value: valueOf(name, now.value), changedBy: work.mark, ifVersion: now.version }, call)
  }
  return { value: work.snapshot.to, names: [...work.options.names] }
}

let ticks = 0

export const wrongEffects: readonly WrongStep[] = [
  {
    is: 'an execute that does nothing',
    caughtBy: 'execute reaches the target, and verify agrees',
    says: 'execute returned a receipt, and the world is as it was',
    definition: { execute: async ({ snapshot, options }) => ({ value: snapshot.to, names: [...options.names] }) },
  },
  {
    is: 'an execute that never returns',
    caughtBy: 'execute reaches the target, and verify agrees',
    says: 'execute did not return in time',
    definition: { execute: () => new Promise<never>(() => undefined) },
  },
  {
    is: 'a receipt with what probe cannot read again',
    caughtBy: 'probe finds the receipt that execute returned',
    says: 'probe tells another receipt than execute',
    definition: {
      async execute(work, context) {
        const receipt = await goodDefinition.execute(work, context)
        return { ...receipt, value: `${receipt.value} at ${++ticks}` }
      },
    },
  },
  {
    is: 'an execute that adds up although it says natural',
    caughtBy: 'executing twice equals once',
    says: 'The second execute changed the world',
    definition: { execute: (work, context) => overwrite(work, context, (_, now) => (now.startsWith('20') ? `${now}+20` : '20')) },
  },
  {
    is: 'an execute that ignores its mark',
    caughtBy: 'a second attempt finds its own effect and returns its receipt',
    says: 'look for the own mark first',
    definition: {
      async execute(work, context) {
        const found = positionOf(await liveSettings(work, context), work)
        if (found.at !== 'before') throw new RollbackError('DRIFTED', `It is ${found.at}`, { hint: 'Preview again.' })
        return goodDefinition.execute(work, context)
      },
    },
  },
  {
    is: 'a probe that says before at its target',
    caughtBy: 'at the target there is nothing to change, or it is new work',
    says: 'it has no changes, and probe says before instead of after',
    definition: {
      async probe(work, context) {
        const live = await liveSettings(work, context)
        return live.every(([name, { version }]) => version === work.prepared.versions[name])
          ? { at: 'before' }
          : goodDefinition.probe(work, context)
      },
    },
  },
  {
    is: 'an execute without a guard',
    caughtBy: 'drift before execute is refused, and nothing is changed',
    says: 'execute changed a world that had drifted',
    definition: { execute: (work, context) => overwrite(work, context, () => work.snapshot.to) },
  },
  {
    is: 'a guard with the wrong code',
    caughtBy: 'drift before execute is refused, and nothing is changed',
    says: 'not with DRIFTED',
    definition: {
      execute: (work, context) =>
        goodDefinition.execute(work, context).catch((error: unknown) => {
          throw new RollbackError('REJECTED', String(error), { hint: 'Look at it.' })
        }),
    },
  },
  {
    is: 'a guard that says it may have had an effect',
    caughtBy: 'drift before execute is refused, and nothing is changed',
    says: 'says that its effect is unknown, although it refused',
    definition: {
      execute: (work, context) =>
        goodDefinition.execute(work, context).catch((error: unknown) => {
          throw new RollbackError('DRIFTED', String(error), { hint: 'Look at it.', effect: 'unknown' })
        }),
    },
  },
  {
    is: 'a compensate that overwrites',
    caughtBy: 'drift after execute is seen, and compensate overwrites nothing',
    says: "compensate overwrote somebody else's change",
    definition: {
      async compensate(work, context) {
        await overwrite(work, context, (name) => work.snapshot.values[name] ?? '')
        return { evidence: [] }
      },
    },
  },
  {
    is: 'a probe that lies about later drift',
    caughtBy: 'drift after execute is seen, and compensate overwrites nothing',
    says: 'probe says after, not elsewhere',
    definition: {
      probe: async (work, context) =>
        work.receipt === undefined ? goodDefinition.probe(work, context) : { at: 'after', receipt: work.receipt },
    },
  },
  {
    is: 'a guard to which the world can come back',
    caughtBy: 'a stale preparation is refused after the world went away and came back',
    says: 'A process that stood still',
    definition: {
      async execute(work, context) {
        const live = await liveSettings(work, context)
        const isAsBefore = live.every(([name, { value }]) => value === work.snapshot.values[name])
        return isAsBefore ? overwrite(work, context, () => work.snapshot.to) : goodDefinition.execute(work, context)
      },
    },
  },
  {
    is: 'a compensate that forgets a setting',
    caughtBy: 'compensate restores the world, and probe then says before',
    says: 'compensate left another world',
    definition: {
      compensate: (work, context) => goodDefinition.compensate({ ...work, options: { ...work.options, names: ['limit'] } }, context),
    },
  },
  {
    is: 'a compensate that needs the receipt',
    caughtBy: 'compensate needs no receipt',
    says: 'compensate failed with INTERNAL',
    definition: {
      async compensate(work, context) {
        if (work.receipt === undefined) throw new RollbackError('INTERNAL', 'What was done?', { hint: 'Find out.' })
        return goodDefinition.compensate(work, context)
      },
    },
  },
  {
    is: 'a compensate that toggles',
    caughtBy: 'compensating twice equals once',
    says: 'The second compensate changed the world',
    definition: {
      async compensate(work, context) {
        const found = positionOf(await liveSettings(work, context), work)
        if (found.at === 'after') return goodDefinition.compensate(work, context)
        await overwrite(work, context, () => work.snapshot.to)
        return { evidence: [] }
      },
    },
  },
  {
    is: 'a late option that the definition does not name',
    caughtBy: 'late options take outputs of earlier steps',
    says: 'value',
    definition: { late: [] },
  },
]

/** The step as an object whose own process remembers what it did. */
export const withMemory =
  (change: (step: RollbackStep, memory: { hasExecuted: boolean; isExecuting: boolean }) => RollbackStep) =>
  (step: RollbackStep): RollbackStep => {
    const memory = { hasExecuted: false, isExecuting: false }
    const remembering: RollbackStep = {
      ...step,
      async execute(work, context) {
        memory.isExecuting = true
        const receipt = await step.execute(work, context)
        memory.isExecuting = false
        memory.hasExecuted = true
        return receipt
      },
    }
    return change(remembering, memory)
  }
