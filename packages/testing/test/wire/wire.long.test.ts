import type { RollbackStep } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { testRollbackStep } from '../../src/index.ts'
import { runCheck } from '../conformance.ts'
import type { SettingsClient } from '../steps/settings-service.ts'
import { withMemory } from '../wrong/wrong-effects.ts'
import { wireBench, type WireWrong } from './wire-bench.ts'

testRollbackStep({ name: 'settings over HTTP', describe, it, setUp: () => wireBench(), every: 3, speed: 100 })

describe('a step that takes its time', () => {
  /** Not there yet at its first look. */
  const slow = (step: RollbackStep): RollbackStep => {
    let looks = 0
    return {
      ...step,
      verify: async (work, context) => {
        const verdict = await step.verify(work, context)
        return ++looks === 1 ? { status: 'progressing', evidence: [], actual: 'not there yet' } : verdict
      },
    }
  }

  it('may stop for a person when a later look hangs until its time is over, and ends like any other after another look', async () => {
    const result = await runCheck('an answer that hangs on the wire does no harm', () => wireBench({ step: slow }), { speed: 100 })
    expect(result).toEqual({ state: 'passed', why: '' })
  })
})

const isNetwork = (error: unknown): boolean => (error as { readonly status?: number }).status === undefined

/** Takes every failure of the network for a success. */
const swallow = (client: SettingsClient): SettingsClient => ({
  ...client,
  write: (name, change, call) =>
    client.write(name, change, call).catch((error: unknown) => {
      if (!isNetwork(error)) throw error
      return { value: change.value, version: change.ifVersion + 1, changedBy: change.changedBy }
    }),
})

/** Writes once more when no answer came, over whatever is there. */
const insist = (client: SettingsClient): SettingsClient => ({
  ...client,
  write: (name, change, call) =>
    client.write(name, change, call).catch(async (error: unknown) => {
      if (!isNetwork(error)) throw error
      const { value, version } = await client.read(name, call)
      return client.write(
        name,
        { ...change, value: value === change.value ? `${value}, ${value}` : change.value, ifVersion: version },
        call,
      )
    }),
})

const wrongs: readonly (readonly [string, WireWrong])[] = [
  ['an answer dropped on the wire does no harm', { client: insist }],
  ['an answer dropped on the wire does no harm on the way back', { client: insist }],
  ['a request cut in the middle does no harm', { client: swallow }],
  ['a connection refused on the wire does no harm', { client: swallow }],
  [
    'an answer that hangs on the wire does no harm',
    {
      step: withMemory((step, memory) => ({
        ...step,
        settings: { ...step.settings, timeout: '5s' },
        probe: async (work, context) => (memory.isExecuting ? { at: 'unknown', detail: 'still executing' } : step.probe(work, context)),
      })),
    },
  ],
]

describe('the kit catches on the wire', () => {
  it.each(wrongs)('a step for which it is not true that %s', async (promise, wrong) => {
    const result = await runCheck(promise, () => wireBench(wrong), { speed: 100 })
    expect(result).toMatchObject({ state: 'failed', why: expect.stringMatching(/(drop|cut|hang|refuse) at number \d+/) as string })
  })

  it('a step that does not use the proxy', async () => {
    const result = await runCheck('a request cut in the middle does no harm', async () => {
      const bench = await wireBench()
      const other = await wireBench()
      return {
        ...other,
        ...(bench.proxy === undefined ? {} : { proxy: bench.proxy }),
        async tearDown() {
          await bench.tearDown?.()
          await other.tearDown?.()
        },
      }
    })
    expect(result.why).toBe('Nothing went through the proxy: let `make` connect to its port')
  })
})
