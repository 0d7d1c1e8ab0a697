import { gate, sequence, type ApprovalPolicy, type Plan, type Risk } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { ana, answersGates, bob, makeDemo, type Demo } from './demo.ts'
import type { RunOptions } from '../../src/index.ts'

type Answer = { readonly answer: string; readonly actor: { readonly id: string; readonly roles: readonly string[] } }

const guarded = (demo: Demo, policy: Partial<ApprovalPolicy> = {}): Plan<Risk> =>
  demo.plan(sequence(gate.approval({ name: 'go', roles: ['dba', 'on-call'], ...policy }), demo.set({ name: 'a', to: 'n' })))

/** Answers with one after another, then with nothing, and counts how often it was asked. */
function answersInTurn(...answers: readonly Answer[]): Pick<RunOptions, 'onGate'> & { readonly asked: string[] } {
  const left = [...answers]
  const asked: string[] = []
  return {
    asked,
    async onGate({ id, hash }) {
      asked.push(id)
      const next = left.shift()
      return next === undefined ? undefined : { ask: 'gate', id, hash, ...next }
    },
  }
}

describe('a program that answers gates', () => {
  it('is asked again after each answer until the quorum is there', async () => {
    const demo = makeDemo()
    const people = answersInTurn({ answer: 'approved', actor: bob }, { answer: 'approved', actor: ana })
    expect((await demo.run(guarded(demo, { quorum: 2 }), people)).outcome).toBe('succeeded')
    expect(people.asked).toEqual(['gate go', 'gate go'])
  })

  it('is asked no more once it has nobody else to answer', async () => {
    const demo = makeDemo()
    const people = answersInTurn({ answer: 'approved', actor: bob })
    expect((await demo.run(guarded(demo, { quorum: 2 }), people)).state).toBe('waiting')
    expect(people.asked).toHaveLength(2)
  })

  it('is asked no more when it says again what changed nothing the first time', async () => {
    const demo = makeDemo()
    let asked = 0
    const { onGate } = answersGates('approved', bob)
    const view = await demo.run(guarded(demo, { quorum: 2 }), {
      onGate: async (open, shown) => {
        asked++
        return onGate?.(open, shown)
      },
    })
    expect(view.state).toBe('waiting')
    expect(asked).toBe(2)
    expect((await demo.records()).filter(({ type }) => type === 'gate.answered')).toHaveLength(1)
  })

  it('may answer again after an answer that could not be taken', async () => {
    const demo = makeDemo()
    const way = gate.decision({ name: 'way', role: 'dba', options: ['back', 'wait'], timeBox: '10m', onTimeout: 'escalate' })
    const people = answersInTurn({ answer: 'sideways', actor: ana }, { answer: 'back', actor: bob }, { answer: 'back', actor: ana })
    const view = await demo.run(demo.plan(sequence(way, demo.set({ name: 'a', to: 'n' }))), people)
    expect(view.outcome).toBe('succeeded')
    expect(people.asked).toHaveLength(3)
  })

  it('is asked no more after a no', async () => {
    const demo = makeDemo()
    const people = answersInTurn({ answer: 'approved', actor: bob }, { answer: 'denied', actor: ana }, { answer: 'approved', actor: ana })
    expect((await demo.run(guarded(demo, { quorum: 2 }), people)).outcome).toBe('aborted')
    expect(people.asked).toHaveLength(2)
  })

  it('is asked no more once it cancelled the run instead', async () => {
    const demo = makeDemo()
    let asked = 0
    const view = await demo.run(guarded(demo), {
      onGate: async () => {
        asked++
        return { ask: 'cancel', mode: 'compensate', actor: ana, reason: 'no more' }
      },
    })
    expect(view).toMatchObject({ outcome: 'aborted', why: 'cancelled' })
    expect(asked).toBe(1)
  })
})

describe('a yes that names a hazardous step', () => {
  const hazardous = (demo: Demo, policy: Partial<ApprovalPolicy> = {}): Plan<Risk> =>
    demo.plan(sequence(gate.approval({ name: 'go', roles: ['dba', 'on-call'], ...policy }), demo.lossy({ name: 'l', to: 'n' })))
  const asksAtStep = { state: 'waiting', openGates: [{ id: 'demo.lossy@l' }] }

  it('counts no more when it has expired until the step is reached: the step asks', async () => {
    const demo = makeDemo()
    const made = demo.plan(sequence(demo.lossy({ name: 'l', to: 'n' }), demo.lossy({ name: 'm', to: 'n' })))
    const approved = await demo.preview(made)
    demo.on('do', 'l', async () => demo.time.pass(2 * 60_000))
    const yes = { ...demo.agrees(approved, ['demo.lossy@l', 'demo.lossy@m']), expiresAt: demo.time.now() + 60_000 }
    expect((await demo.run(made, { approved, approvals: [yes] })).openGates.map(({ id }) => id)).toEqual(['demo.lossy@m'])
    expect([demo.valueOf('l'), demo.valueOf('m')]).toEqual(['n', 'old'])
  })

  it('counts only from somebody who may decide', async () => {
    const demo = makeDemo()
    const made = hazardous(demo)
    const approved = await demo.preview(made)
    const guest = { ...demo.agrees(approved, ['demo.lossy@l']), actor: { id: 'eve', roles: ['guest'] } }
    expect(await demo.run(made, { approved, approvals: [guest], ...answersGates('approved', bob) })).toMatchObject({ outcome: 'succeeded' })
    const asked = (await demo.records()).filter((record) => record.type === 'gate.opened').map(({ id }) => id)
    expect(asked).toEqual(['gate go', 'demo.lossy@l'])
  })

  it('counts only together with as many as the plan asks for, those who answer its gate among them', async () => {
    const demo = makeDemo()
    const early = demo.plan(
      sequence(demo.lossy({ name: 'l', to: 'n' }), gate.approval({ name: 'go', roles: ['dba', 'on-call'], quorum: 2 })),
    )
    const seen = await demo.preview(early)
    expect(await demo.run(early, { approved: seen, approvals: [demo.agrees(seen, ['demo.lossy@l'])] })).toMatchObject(asksAtStep)
    const other = makeDemo()
    const made = hazardous(other, { quorum: 2 })
    const approved = await other.preview(made)
    const options = { approved, approvals: [other.agrees(approved, ['demo.lossy@l'])], ...answersGates('approved', bob) }
    expect((await other.run(made, options)).outcome).toBe('succeeded')
    expect((await other.records()).filter(({ type }) => type === 'gate.opened')).toHaveLength(1)
  })
})
