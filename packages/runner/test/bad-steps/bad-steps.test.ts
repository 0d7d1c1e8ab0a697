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

/** The preview goes well; the preparation right before the step does not. */
function onlyInTheRun(preparation: object): NonNullable<Wrongs['prepare']> {
  const rest = { summary: 'Turn the lamp on', guards: [], leases: ['lamp'], risk: ['reversible'] }
  const changes = [{ resource: 'lamp', action: 'update', before: 'off', after: 'on' }]
  return async (_, { approved }) => (approved === undefined ? undefined : { ...rest, changes, ...preparation })
}

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

  const strayChild = (mode: string) =>
    spawnSync(process.execPath, [fileURLToPath(new URL('stray-rejection.child.ts', import.meta.url)), mode], { encoding: 'utf8' })

  it('that rejects a promise nobody awaits does not end the process, and its own run is told', () => {
    const child = strayChild('of steps')
    expect(child.stdout).toBe('succeeded, told of one: Error\nsucceeded, told of two: Error\n')
    expect(child.status).toBe(0)
  })

  it('is not confused with the program around it, whose own rejection ends the process as ever', () => {
    const child = strayChild('of the program')
    expect(child.stderr).toContain('of the program')
    expect(child.status).toBe(1)
  })
})

describe('a step that misbehaves on the way back', () => {
  const unhealthy = async () => ({ status: 'unhealthy', evidence: [], expected: 'light', actual: 'none' })
  const goingBack = async (compensate: NonNullable<Wrongs['compensate']>) => {
    const lamp = new Lamp()
    const made = (): Plan<Risk> =>
      plan({
        name: 'lamp',
        onFailure: 'compensate',
        steps: turnOn(lamp, { verify: unhealthy, compensate }, { timeout: '50ms', attempts: 1 }),
      })
    const runner = createRunner(memoryPorts())
    return { view: await runner.run(made(), { approved: await runner.preview(made()) }), lamp }
  }

  it.each<[string, NonNullable<Wrongs['compensate']>]>([
    ['returns nonsense', async (client) => client.turn({ on: false }).then(() => 'done')],
    ['throws after it', async (client) => client.turn({ on: false }).then(() => Promise.reject(new Error('afterwards')))],
    ['never returns after it', async (client) => client.turn({ on: false }).then(never)],
  ])('is believed by a look, not by its word: it puts back and %s', async (_, compensate) => {
    const { view, lamp } = await goingBack(compensate)
    expect(view.outcome).toBe('compensated')
    expect([lamp.isOn, lamp.switched]).toEqual([false, 2])
  })

  it.each<[string, NonNullable<Wrongs['compensate']>, string]>([
    ['does nothing', async () => ({ evidence: [] }), 'COMPENSATION_FAILED'],
    ['returns nonsense', async () => undefined, 'INTERNAL'],
    ['throws a string', () => Promise.reject('no'), 'INTERNAL'],
    ['never returns', never, 'TIMED_OUT'],
  ])('blocks for a person when it %s, and nothing is lost', async (_, compensate, code) => {
    const { view, lamp } = await goingBack(compensate)
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'undo-failed', ids: ['lamp.turn-on@lamp'] }, failure: { code } })
    expect(view.answers[0]?.answers).toEqual(['retry', 'skip'])
    expect(lamp.isOn).toBe(true)
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

  it('is refused when it wants more in the journal than fits: large values belong into a snapshot', async () => {
    const { view, lamp } = await runWith(new Lamp(), { prepare: onlyInTheRun({ prepared: { before: false, note: 'x'.repeat(70_000) } }) })
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'INTERNAL', effect: 'none' } })
    expect(view.failure?.message).toContain('prepared')
    expect(lamp.switched).toBe(0)
  })

  it.each(['prepare', 'probe', 'verify'] as const)('that never returns is given up after its time: %s', async (method) => {
    const lamp = new Lamp()
    const settings = { timeout: '50ms', attempts: 1 } as const
    const approved = await createRunner(memoryPorts()).preview(planOf(turnOn(lamp, {}, settings)))
    const made = planOf(turnOn(lamp, { [method]: never }, settings))
    const view = await createRunner(memoryPorts()).run(made, { approved })
    const expected = {
      prepare: { outcome: 'aborted', failure: { code: 'TIMED_OUT', effect: 'none' } },
      probe: { outcome: 'aborted', failure: { code: 'BACKEND_UNAVAILABLE', effect: 'none' } },
      verify: { state: 'blocked', blocked: { reason: 'no-data' } },
    }
    expect(view).toMatchObject(expected[method])
    expect(view.failure?.message).toContain('lamp.turn-on@lamp')
    expect(view.failure?.hint).not.toBe('')
    expect(lamp.switched).toBe(method === 'verify' ? 1 : 0)
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
