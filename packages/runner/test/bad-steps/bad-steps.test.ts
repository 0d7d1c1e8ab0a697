import { plan, RollbackError, type Plan, type Risk, type RollbackStep, type RunView } from '@backstep/core'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createRunner } from '../../src/index.ts'
import { memoryPorts } from '../memory-ports.ts'
import { Lamp, turnOn, type LampReceipt, type Wrongs } from './lamp.ts'

const planOf = (step: RollbackStep<LampReceipt, Risk>): Plan<Risk> => plan({ name: 'lamp', steps: step })

async function runWith(lamp: Lamp, wrong: Wrongs, settings?: Parameters<typeof turnOn>[2]): Promise<{ view: RunView; lamp: Lamp }> {
  const runner = createRunner(memoryPorts())
  const approved = await runner.preview(planOf(turnOn(lamp, wrong, settings)))
  return { view: await runner.run(planOf(turnOn(lamp, wrong, settings)), { approved }), lamp }
}

const never = (): Promise<never> => new Promise(() => undefined)

describe('a step that misbehaves in execute', () => {
  it.each([
    ['a string', 'boom'],
    ['undefined', undefined],
    ['null', null],
    ['a plain object', { secret: 'hunter2' }],
    ['an Error', new TypeError('cannot read properties')],
  ])('is in doubt after it threw %s, looked at, and tried again', async (_, thrown) => {
    let count = 0
    const { view, lamp } = await runWith(new Lamp(), {
      execute: async (client) => {
        // oxlint-disable-next-line only-throw-error -- a step may throw anything
        if (count++ === 0) throw thrown
        await client.turn({ on: true })
        return { on: true }
      },
    })
    expect(view.outcome).toBe('succeeded')
    expect(lamp.switched).toBe(1)
  })

  it('is not repeated when the effect was made before it threw', async () => {
    const { view, lamp } = await runWith(new Lamp(), {
      execute: async (client) => {
        await client.turn({ on: true })
        throw new Error('after the effect')
      },
    })
    expect(view.outcome).toBe('succeeded')
    expect(lamp.switched).toBe(1)
  })

  it.each([
    ['nothing', undefined],
    ['a receipt without its field', {}],
    ['a receipt of another type', { on: 'yes' }],
    ['a list', []],
  ])('that returns %s is looked at for its real receipt', async (_, returned) => {
    const { view, lamp } = await runWith(new Lamp(), {
      execute: async (client) => {
        await client.turn({ on: true })
        return returned
      },
    })
    expect(view.outcome).toBe('succeeded')
    expect(view.leaves[0]?.receipt).toEqual({ on: true })
    expect(lamp.switched).toBe(1)
  })

  it('that never returns is given up after its time-out, and may not write later', async () => {
    const lamp = new Lamp()
    const late: Promise<unknown>[] = []
    const { view } = await runWith(
      lamp,
      {
        execute: (client) => {
          late.push(new Promise((resolve) => setTimeout(resolve, 250)).then(() => client.turn({ on: true })))
          return never()
        },
      },
      { timeout: '50ms', attempts: 1 },
    )
    expect(view.leaves[0]?.failure).toMatchObject({ code: 'TIMED_OUT', effect: 'none' })
    const [result] = await Promise.allSettled(late)
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } })
    expect(lamp.switched).toBe(0)
  })

  it('that ignores its abort signal is given up all the same', async () => {
    const { view } = await runWith(new Lamp(), { execute: never }, { timeout: '50ms', attempts: 1 })
    expect(view.outcome).toBe('aborted')
    expect(view.failure).toMatchObject({ code: 'TIMED_OUT' })
  })

  it('that forgets to await a write is refused as a defect, and its write is seen', async () => {
    const lamp = new Lamp()
    const { view } = await runWith(lamp, {
      execute: async (client) => {
        void client.turn({ on: true })
        return { on: true }
      },
    })
    expect(view.outcome).toBe('succeeded')
    expect(lamp.switched).toBe(1)
  })

  it('that rejects a promise nobody awaits does not end the process', () => {
    const child = spawnSync(process.execPath, [fileURLToPath(new URL('stray-rejection.child.ts', import.meta.url))], { encoding: 'utf8' })
    expect(child.stdout.trim()).toBe('succeeded, told of lamp.turn-on@lamp: Error')
    expect(child.status).toBe(0)
  })
})

describe('a step that misbehaves in a read', () => {
  it.each([
    ['prepared of another type', { prepared: { before: 'no' } }],
    ['no prepared at all', {}],
  ])('is refused in the preview for %s', async (_, preparation) => {
    const approved = await createRunner(memoryPorts()).preview(planOf(turnOn(new Lamp(), { prepare: async () => preparation })))
    expect(approved.steps[0]).toMatchObject({ state: 'refused', refusal: { code: 'INTERNAL' } })
    expect(approved.steps[0]?.refusal?.hint).toMatch(/defect of the step/)
  })

  it('cannot run from a preview in which it was refused', async () => {
    const runner = createRunner(memoryPorts())
    const step = (): Plan<Risk> =>
      planOf(turnOn(new Lamp(), { prepare: () => Promise.reject(new RollbackError('TARGET_NOT_FOUND', 'No lamp', { hint: 'Buy one.' })) }))
    const approved = await runner.preview(step())
    await expect(runner.run(step(), { approved })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: expect.stringContaining('No lamp'),
    })
  })

  it('may not write in prepare: the port refuses, and the world is untouched', async () => {
    const lamp = new Lamp()
    const approved = await createRunner(memoryPorts()).preview(planOf(turnOn(lamp, { prepare: (client) => client.turn({ on: true }) })))
    expect(approved.steps[0]).toMatchObject({ state: 'refused' })
    expect(lamp.switched).toBe(0)
  })

  it('blocks for a person when its verification throws for its whole time', async () => {
    const { view } = await runWith(new Lamp(), { verify: () => Promise.reject(new Error('no metrics')) }, { timeout: '50ms' })
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'no-data' } })
    expect(view.answers.find(({ id }) => id !== '')?.answers).toContain('retry')
  })

  it('counts a probe that throws as unknown, never as an answer', async () => {
    let looks = 0
    const { view, lamp } = await runWith(
      new Lamp(),
      {
        execute: () => Promise.reject(new Error('unclear')),
        probe: async () => {
          // The last look before the first effect may see; after the doubt nothing can be seen any more.
          if (looks++ > 0) throw new Error('blind')
          return { at: 'before' }
        },
      },
      { timeout: '50ms' },
    )
    expect(view.state).toBe('blocked')
    expect(lamp.switched).toBe(0)
  })
})
