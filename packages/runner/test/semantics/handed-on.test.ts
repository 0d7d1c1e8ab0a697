import { defineStep, gate, sequence, type JsonObject, type Preparation, type RollbackStep } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { answersGates, makeDemo, type Demo } from './demo.ts'
import { failure, fails } from './demo-world.ts'

interface Handed {
  readonly method: string
  readonly mark: string
  readonly receipt?: JsonObject | undefined
  readonly approved?: Preparation | undefined
  readonly isAborted?: boolean
}

/** A step that writes down what it is handed. `isSlow`: takes what was approved for its second preparation. `hangs`: returns when aborted. */
function telling(demo: Demo, told: Handed[], { isSlow = false, hangs = false } = {}): RollbackStep<JsonObject, 'reversible'> {
  let rehearsals = 0
  return defineStep({
    kind: 'demo.tell',
    options: z.object({}),
    prepared: z.object({ rehearsal: z.number() }),
    receipt: z.object({ version: z.number() }),
    traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
    toRollbackError: (cause) => cause as Error,
    target: () => ({ system: 'demo', name: 't' }),
    async prepare(_, { mark, approved }) {
      told.push({ method: 'prepare', mark, approved })
      if (isSlow && approved !== undefined) return approved
      return {
        prepared: { rehearsal: ++rehearsals },
        summary: 'Tell',
        changes: [{ resource: 't', action: 'update', before: 'old', after: 'new' }],
        guards: [],
        leases: ['demo:t'],
        risk: ['reversible'],
      }
    },
    async probe({ mark, receipt }, { abortSignal }) {
      told.push({ method: 'probe', mark, receipt, isAborted: abortSignal.aborted })
      return demo.valueOf('t') === 'new' ? { at: 'after', receipt: { version: 1 } } : { at: 'before' }
    },
    async execute({ mark }, { abortSignal }) {
      told.push({ method: 'execute', mark })
      demo.values.set('t', 'new')
      if (!hangs) return { version: 1 }
      return new Promise((_resolve, reject) => {
        abortSignal.addEventListener('abort', () => {
          told.push({ method: 'aborted', mark })
          reject(failure('ABORTED'))
        })
      })
    },
    async verify({ mark, receipt }) {
      told.push({ method: 'verify', mark, receipt })
      return { status: 'healthy', evidence: [] }
    },
    async compensate({ mark, receipt }) {
      told.push({ method: 'compensate', mark, receipt })
      demo.values.set('t', 'old')
      return { evidence: [] }
    },
  })({})
}

const byMethod = (told: readonly Handed[], method: string): readonly Handed[] => told.filter((one) => one.method === method)

describe('the mark of a preparation', () => {
  it('is another one for each preparation, and the same in every method after it, over a crash too', async () => {
    const demo = makeDemo()
    const told: Handed[] = []
    const made = demo.plan(sequence(telling(demo, told), gate.approval({ name: 'go', roles: ['dba'] })))
    expect((await demo.run(made)).state).toBe('waiting')
    expect((await demo.resume(made, answersGates('denied'))).outcome).toBe('compensated')
    const [previewed, second, ...more] = byMethod(told, 'prepare')
    expect(more).toEqual([])
    expect(previewed?.mark).not.toBe(second?.mark)
    const [lastLook, ...later] = told.filter(({ method }) => method !== 'prepare')
    expect(lastLook).toMatchObject({ method: 'probe', mark: previewed?.mark })
    expect(later.map(({ method }) => method)).toEqual(['execute', 'verify', 'probe', 'compensate', 'probe'])
    expect(new Set(later.map(({ mark }) => mark))).toEqual(new Set([second?.mark]))
  })
})

describe('the receipt', () => {
  it('is handed to every look and to the undo once there is one, so that a later change by others is seen', async () => {
    const demo = makeDemo()
    const told: Handed[] = []
    const made = demo.plan(sequence(telling(demo, told), demo.set({ name: 'z', to: 'n' })))
    demo.on('do', 'z', fails('REJECTED'))
    expect((await demo.run(made)).outcome).toBe('compensated')
    const receipts = told.map(({ method, receipt }) => [method, receipt])
    expect(receipts.slice(-4)).toEqual([
      ['verify', { version: 1 }],
      ['probe', { version: 1 }],
      ['compensate', { version: 1 }],
      ['probe', { version: 1 }],
    ])
    expect(byMethod(told, 'probe')[0]?.receipt).toBeUndefined()
  })
})

describe('what was approved', () => {
  it('is handed to the second preparation, so that a slow step need not do its work twice', async () => {
    const demo = makeDemo()
    const told: Handed[] = []
    const made = demo.plan(telling(demo, told, { isSlow: true }))
    expect((await demo.run(made)).outcome).toBe('succeeded')
    const [first, second] = byMethod(told, 'prepare')
    expect(first?.approved).toBeUndefined()
    expect(second?.approved).toMatchObject({ prepared: { rehearsal: 1 }, summary: 'Tell' })
    expect((await demo.records()).find(({ type }) => type === 'step.prepared')).toMatchObject({ prepared: { rehearsal: 1 } })
  })

  it('is kept with the run: another process hands it on', async () => {
    const demo = makeDemo()
    const told: Handed[] = []
    const made = demo.plan(sequence(gate.approval({ name: 'go', roles: ['dba'] }), telling(demo, told, { isSlow: true })))
    expect((await demo.run(made)).state).toBe('waiting')
    demo.kill()
    expect((await demo.resume(made, answersGates('approved'))).outcome).toBe('succeeded')
    expect(byMethod(told, 'prepare').at(-1)?.approved).toMatchObject({ prepared: { rehearsal: 1 } })
  })
})

describe('a call that ran out of time', () => {
  it('is followed by a look with a signal of its own: the old one is dead', async () => {
    const demo = makeDemo()
    const told: Handed[] = []
    const view = await demo.run(demo.plan(telling(demo, told, { hangs: true })))
    expect(view.outcome).toBe('succeeded')
    expect(told.slice(-4).map(({ method }) => method)).toEqual(['execute', 'aborted', 'probe', 'verify'])
    expect(byMethod(told, 'probe').map(({ isAborted }) => isAborted)).toEqual([false, false])
  })
})
