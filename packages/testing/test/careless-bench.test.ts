import { RollbackError, secret } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import type { PortFault, StepBench } from '../src/index.ts'
import { runCheck } from './conformance.ts'
import { restoreSettings } from './steps/restore-settings.ts'
import { settingsBench } from './steps/settings-bench.ts'
import { plantedToken, settingsService, statusError } from './steps/settings-service.ts'

const short = { limitMs: 150, promptMs: 100, speed: 100 }

describe('a bench that proves too little is no pass', () => {
  it.each<[string, string, Partial<StepBench>, string]>([
    [
      'without a drift',
      'drift before execute is refused, and nothing is changed',
      { drift: undefined as never },
      'The bench has no `drift`',
    ],
    [
      'whose drift changes nothing',
      'drift before execute is refused, and nothing is changed',
      { drift: async () => undefined },
      '`drift` left the world as it was',
    ],
    ['that plants no secret', 'planted secrets appear nowhere', { secrets: {} }, 'no canary for SETTINGS_TOKEN'],
    [
      'that plants a secret which nobody reveals',
      'planted secrets appear nowhere',
      { secrets: { SETTINGS_TOKEN: plantedToken, OTHER: 'canary-77aa77aa' } },
      'OTHER was planted and never revealed',
    ],
    ['whose world shows nothing', 'execute reaches the target, and verify agrees', { world: async () => ({}) }, 'the world is as it was'],
  ])('%s', async (_, promise, change, says) => {
    const setUp = async (): Promise<StepBench> => ({ ...settingsBench(), ...change })
    expect(await runCheck(promise, setUp, short)).toMatchObject({ state: 'failed', why: expect.stringContaining(says) as string })
  })

  it('that leaves nothing to change', async () => {
    const { client, valuesOf } = settingsService({ limit: '20' })
    const setUp = async (): Promise<StepBench> => ({
      make: () => restoreSettings({ token: secret('T'), names: ['limit'], value: '20' }, client),
      world: async () => valuesOf(),
      secrets: { T: plantedToken },
    })
    expect(await runCheck('execute reaches the target, and verify agrees', setUp, short)).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('leaves the step nothing to change') as string,
    })
  })

  it('that makes another world each time', async () => {
    let count = 0
    const setUp = async (): Promise<StepBench> => {
      const bench = settingsBench()
      const number = ++count
      return { ...bench, world: async () => ({ number, values: await bench.world() }) }
    }
    expect(await runCheck('a crash at any contact, then resume, equals no crash', setUp, short)).toMatchObject({
      state: 'failed',
      why: '`setUp` made another world than before: it has to make the same one each time',
    })
  })
})

describe('what a dead process held', () => {
  /** A backend that lets one session at a time in; a step ends its session with its last call. */
  const exclusive = (cutsConnections: boolean) => async (): Promise<StepBench> => {
    let isHeld = false
    const bench = settingsBench({
      client: ({ client }) => ({
        read: async (name, call) => {
          if (name === 'limit' && isHeld) throw statusError(423)
          isHeld = true
          const setting = await client.read(name, call)
          if (name === 'colour') isHeld = false
          return setting
        },
        write: (name, change, call) => client.write(name, change, call),
      }),
    })
    const cut = async (): Promise<void> => void (isHeld = false)
    return cutsConnections ? { ...bench, cutConnections: cut } : bench
  }
  const promise = 'a crash at any contact, then resume, equals no crash'

  it('is ended by the bench before the next process starts', async () => {
    expect(await runCheck(promise, exclusive(true), short)).toEqual({ state: 'passed', why: '' })
  })

  it('stands in the way when the bench does not end it', async () => {
    expect(await runCheck(promise, exclusive(false), { ...short, speed: 2000 })).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('a crash after contact') as string,
    })
  })
})

describe('a fault of your own', () => {
  const overloaded: PortFault = { name: 'a 503 after the write', when: 'after', error: () => statusError(503) }
  const forbidden: PortFault = { name: 'a 403 before the write', when: 'before', error: () => statusError(403) }

  it('is proved to do no harm, forward and back', async () => {
    const options = { ...short, faults: [overloaded] }
    expect(await runCheck('a 503 after the write does no harm', async () => settingsBench(), options)).toEqual({ state: 'passed', why: '' })
    expect(await runCheck('a 503 after the write does no harm on the way back', async () => settingsBench(), options)).toEqual({
      state: 'passed',
      why: '',
    })
    expect(await runCheck('what a disturbed call says about its effect is true', async () => settingsBench(), options)).toEqual({
      state: 'passed',
      why: '',
    })
  })

  it('is caught where it does harm', async () => {
    const wrong = () =>
      settingsBench({
        step: (step) => ({
          ...step,
          execute: (work, context) =>
            step.execute(work, context).catch((error: unknown) => {
              throw new RollbackError('REJECTED', String(error), { hint: 'Look.' })
            }),
        }),
      })
    const result = await runCheck('a 403 before the write does no harm', async () => wrong(), { ...short, faults: [forbidden] })
    expect(result).toMatchObject({
      state: 'failed',
      why: expect.stringContaining('a 403 before the write before contact 8 (write, in execute)') as string,
    })
  })
})
