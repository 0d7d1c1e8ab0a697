import type { PrepareContext, RollbackStep } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { testRollbackStep } from '../src/index.ts'
import { collectChecks, runCheck } from './conformance.ts'
import { configBench } from './steps/config-bench.ts'
import { purgeBench } from './steps/purge-queue.ts'
import { settingsBench } from './steps/settings-bench.ts'

testRollbackStep({ name: 'settings in memory', describe, it, setUp: async () => settingsBench() })
testRollbackStep({ name: 'a configuration file on disk', describe, it, setUp: configBench })
testRollbackStep({ name: 'a point of no return that may not be repeated', describe, it, setUp: async () => purgeBench() })

describe('a step whose objects have other names in each world', () => {
  let worlds = 0
  /** As in a cloud, where names hold the identity of what they are in. Tries a failed look once more, so that a disturbed one has an answer. */
  const named = (prefix: string) => (step: RollbackStep) => ({
    ...step,
    prepare: async (context: PrepareContext) => {
      const prepared = await step.prepare(context).catch(() => step.prepare(context))
      const inWorld = <T extends { readonly resource: string }>(one: T): T => ({ ...one, resource: `${prefix}/${one.resource}` })
      return { ...prepared, changes: prepared.changes.map(inWorld), guards: prepared.guards.map(inWorld) }
    },
  })

  it.each(['what a disturbed call says about its effect is true', 'an abort before or during any method stops it promptly'])(
    'is not held against the names of another world: %s',
    async (promise) => {
      const result = await runCheck(promise, async () => settingsBench({ step: named(`world-${++worlds}`) }))
      expect(result).toEqual({ state: 'passed', why: '' })
    },
  )
})

describe('a promise that a step does not give', () => {
  const skippedOf = async (setUp: Parameters<typeof collectChecks>[0]): Promise<readonly string[]> => {
    const results = await Promise.all([...collectChecks(setUp)].map(async ([promise, run]) => [promise, await run()] as const))
    return results.filter(([, { state }]) => state === 'skipped').map(([promise, { why }]) => `${promise}: ${why}`)
  }

  it('is skipped by the traits of the step, with the reason', async () => {
    expect(await skippedOf(async () => purgeBench())).toEqual(
      expect.arrayContaining([
        'executing twice equals once: not promised: traits.idempotency is none',
        'compensate restores the world, and probe then says before: not promised: the step has no compensate, by its risk',
        'planted secrets appear nowhere: not promised: the step takes no secret',
        'late options take outputs of earlier steps: not promised: `make` marks no option as late',
      ]),
    )
  })

  it('is the only one that is skipped', async () => {
    expect(await skippedOf(async () => settingsBench())).toEqual(
      expect.not.arrayContaining([expect.not.stringContaining('the bench has no proxy')]),
    )
  })
})
