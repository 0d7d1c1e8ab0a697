import { gate, sequence, type ApprovalPolicy, type Plan, type Risk } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { ana, answersBlocks, answersGates, bob, leafOf, makeDemo, runId, type Demo } from './demo.ts'
import { approve } from '../../src/index.ts'

const carl = { id: 'carl', roles: ['guest'] } as const

function approved(demo: Demo, policy: Partial<ApprovalPolicy> = {}): Plan<Risk> {
  return demo.plan(sequence(gate.approval({ name: 'go', roles: ['dba', 'on-call'], ...policy }), demo.set({ name: 'a', to: 'n' })))
}

describe('a gate that asks for approval', () => {
  it('waits, and nothing behind it starts', async () => {
    const demo = makeDemo()
    const view = await demo.run(approved(demo))
    expect(view).toMatchObject({ state: 'waiting', openGates: [{ id: 'gate go' }] })
    expect(demo.log).toEqual([])
  })

  it('opens at the yes of one person when no more are asked for', async () => {
    const demo = makeDemo()
    expect((await demo.run(approved(demo), answersGates('approved', bob))).outcome).toBe('succeeded')
  })

  it('waits for the quorum of different people', async () => {
    const demo = makeDemo()
    const made = approved(demo, { quorum: 2 })
    const waiting = await demo.run(made, answersGates('approved', bob))
    expect(waiting.state).toBe('waiting')
    const { id, hash } = waiting.openGates[0]!
    await demo.runner().answerGate(runId, { id, hash, answer: 'approved', actor: bob })
    expect((await demo.resume(made)).state).toBe('waiting')
    await demo.runner().answerGate(runId, { id, hash, answer: 'approved', actor: ana })
    expect((await demo.resume(made)).outcome).toBe('succeeded')
  })

  it('counts a yes that was given with the preview', async () => {
    const demo = makeDemo()
    const made = approved(demo)
    const shown = await demo.preview(made)
    const view = await demo.run(made, { approved: shown, approvals: [demo.agrees(shown)] })
    expect(view.outcome).toBe('succeeded')
  })

  it('does not count a yes to another preview', async () => {
    const demo = makeDemo()
    const made = approved(demo)
    const shown = await demo.preview(made)
    const view = await demo.run(made, { approved: shown, approvals: [{ ...demo.agrees(shown), hash: 'another' }] })
    expect(view.state).toBe('waiting')
  })

  it('does not count a yes that has expired', async () => {
    const demo = makeDemo()
    const made = approved(demo)
    const shown = await demo.preview(made)
    const yes = { ...demo.agrees(shown), expiresAt: demo.time.now() + 1000 }
    await demo.time.pass(2000)
    expect((await demo.run(made, { approved: shown, approvals: [yes] })).state).toBe('waiting')
  })

  it('fails at one no, and the run ends with nothing changed', async () => {
    const demo = makeDemo()
    const view = await demo.run(approved(demo, { quorum: 2 }), answersGates('denied', ana))
    expect(view).toMatchObject({ outcome: 'aborted', failure: { code: 'APPROVAL_DENIED' } })
    expect(demo.log).toEqual([])
  })

  it('does not fail at the no of somebody who may not decide', async () => {
    const demo = makeDemo()
    const view = await demo.run(approved(demo), answersGates('denied', carl))
    expect(view.state).toBe('waiting')
  })

  it('lets one person break the glass with a reason, where the policy allows it', async () => {
    const demo = makeDemo()
    const made = approved(demo, { quorum: 'all', breakGlass: true })
    const shown = await demo.preview(made)
    const alone = approve(shown, { actor: bob, at: demo.time.now(), breakGlass: true, reason: 'it burns' })
    expect((await demo.run(made, { approved: shown, approvals: [alone] })).outcome).toBe('succeeded')
  })
})

describe('a gate that asks for a decision', () => {
  const decision = (onTimeout: 'back' | 'escalate') =>
    gate.decision({ name: 'way', role: 'dba', options: ['back', 'wait'], timeBox: '10m', onTimeout })

  it('takes its default when nobody answers in time', async () => {
    const demo = makeDemo()
    const view = await demo.run(demo.plan(sequence(decision('back'), demo.set({ name: 'a', to: 'n' }))), { stay: true })
    expect(view.outcome).toBe('succeeded')
    expect(leafOf(view, 'gate way')?.receipt).toEqual({ answer: 'back' })
  })

  it('measures its time over a crash', async () => {
    const demo = makeDemo()
    const made = demo.plan(sequence(decision('back'), demo.set({ name: 'a', to: 'n' })))
    expect((await demo.run(made)).state).toBe('waiting')
    await demo.time.pass(11 * 60_000)
    expect((await demo.resume(made)).outcome).toBe('succeeded')
  })

  it('blocks for a person when it escalates, and takes the late answer', async () => {
    const demo = makeDemo()
    const made = demo.plan(sequence(decision('escalate'), demo.set({ name: 'a', to: 'n' })))
    const shown = await demo.preview(made)
    const handle = await demo.start(made, { approved: shown, stay: true })
    await demo.time.pass(11 * 60_000)
    const { view } = await demo.runner().readRun(runId)
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'gate-unanswered', ids: ['gate way'] } })
    const { id, hash } = view.openGates[0]!
    await demo.runner().answerGate(runId, { id, hash, answer: 'back', actor: ana })
    expect((await handle.result).outcome).toBe('succeeded')
  })

  it('does not run out of time for a run that is cancelled', async () => {
    const demo = makeDemo()
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), decision('escalate'), demo.set({ name: 'b', to: 'n' })))
    const handle = await demo.start(made, { stay: true })
    await demo.time.pass(60_000)
    await demo.runner().cancel(runId, { actor: ana, reason: 'no more' })
    const view = await handle.result
    expect(view.outcome).toBe('compensated')
    expect((await demo.records()).some(({ type }) => type === 'gate.timed-out')).toBe(false)
  })
})

describe('a gate that asks for a manual check', () => {
  const check = gate.manualCheck({ name: 'smoke', role: 'dba', checklist: ['orders work'], timeout: '10m' })

  it('opens when a person confirms it', async () => {
    const demo = makeDemo()
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), check))
    expect((await demo.run(made, answersGates('confirmed'))).outcome).toBe('succeeded')
  })

  it('blocks when nobody does in time; it is never taken for confirmed', async () => {
    const demo = makeDemo()
    const made = demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), check))
    expect((await demo.run(made)).state).toBe('waiting')
    await demo.time.pass(11 * 60_000)
    expect((await demo.resume(made)).blocked).toEqual({ reason: 'gate-unanswered', ids: ['gate smoke'] })
  })
})

describe('a hazardous step', () => {
  const lossy = (demo: Demo) => demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), demo.lossy({ name: 'l', to: 'n' })))

  it('that nobody named asks when it is reached, and what is before it has run', async () => {
    const demo = makeDemo()
    const made = lossy(demo)
    const shown = await demo.preview(made)
    const view = await demo.run(made, { approved: shown, approvals: [demo.agrees(shown)] })
    expect(view).toMatchObject({ state: 'waiting', openGates: [{ id: 'demo.lossy@l' }] })
    expect(demo.log).toEqual(['do a'])
  })

  it('that was named with the preview does not ask again', async () => {
    const demo = makeDemo()
    const made = lossy(demo)
    const shown = await demo.preview(made)
    const view = await demo.run(made, { approved: shown, approvals: [demo.agrees(shown, ['demo.lossy@l'])] })
    expect(view.outcome).toBe('succeeded')
  })

  it('runs when a person says yes to it, and not when the yes is for another hash', async () => {
    const demo = makeDemo()
    const made = lossy(demo)
    const { openGates } = await demo.run(made)
    const { id, hash } = openGates[0]!
    await expect(demo.runner().answerGate(runId, { id, hash: 'f00', answer: 'approved', actor: ana })).rejects.toMatchObject({
      code: 'APPROVAL_VOID',
    })
    expect(demo.valueOf('l')).toBe('old')
    await demo.runner().answerGate(runId, { id, hash, answer: 'approved', actor: ana })
    expect((await demo.resume(made)).outcome).toBe('succeeded')
  })

  it('that is denied fails, and the plan goes back', async () => {
    const demo = makeDemo()
    const view = await demo.run(lossy(demo), answersGates('denied'))
    expect(view).toMatchObject({ outcome: 'compensated', failure: { code: 'APPROVAL_DENIED' } })
    expect(demo.log).toEqual(['do a', 'undo a'])
  })

  it('that is known late asks with its own hash, also when its id was named', async () => {
    const demo = makeDemo()
    const a = demo.set({ name: 'a', to: 'n' })
    const made = demo.plan(sequence(a, demo.lossy({ name: 'l', to: a.output.value })))
    const shown = await demo.preview(made)
    const view = await demo.run(made, { approved: shown, approvals: [demo.agrees(shown, ['demo.lossy@l'])] })
    expect(view).toMatchObject({ state: 'waiting', openGates: [{ id: 'demo.lossy@l' }] })
    expect(demo.valueOf('l')).toBe('old')
  })

  it('asks again after a crash only when its preparation is another', async () => {
    const demo = makeDemo()
    const made = lossy(demo)
    const first = await demo.run(made)
    const again = await demo.resume(made)
    expect(again.openGates[0]?.hash).toBe(first.openGates[0]?.hash)
    const { id, hash } = first.openGates[0]!
    await demo.runner().answerGate(runId, { id, hash, answer: 'approved', actor: ana })
    expect((await demo.resume(made)).outcome).toBe('succeeded')
  })

  it('that is known late and reversible goes on inside what its type says', async () => {
    const demo = makeDemo()
    const a = demo.set({ name: 'a', to: 'n' })
    const view = await demo.run(demo.plan(sequence(a, demo.set({ name: 'b', to: a.output.value }))))
    expect(view.outcome).toBe('succeeded')
  })
})

describe('the answer of a person', () => {
  const failing = (demo: Demo, onFailure: 'halt' | 'compensate' = 'halt') => {
    const { set } = demo
    return demo.plan(sequence(set({ name: 'a', to: 'n' }), set({ name: 'b', to: 'n' }), set({ name: 'c', to: 'n' })), onFailure)
  }
  const refuse = (demo: Demo, name: string, times: number): void =>
    demo.on('do', name, (count) => {
      if (count <= times) throw new Error('lost')
    })

  it('retry tries the failed step again', async () => {
    const demo = makeDemo()
    demo.on('verify', 'b', (count) => (count === 1 ? { status: 'unhealthy', evidence: [], expected: 'x', actual: 'y' } : undefined))
    const made = failing(demo)
    expect((await demo.run(made)).blocked).toEqual({ reason: 'step-failed', ids: ['demo.set@b'] })
    await demo.answer('retry', 'demo.set@b')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do b', 'do c'])
  })

  it('skip goes past a step that failed', async () => {
    const demo = makeDemo()
    refuse(demo, 'b', Infinity)
    const made = failing(demo)
    const view = await demo.run(made, answersBlocks(['skip', 'demo.set@b']))
    expect(view.outcome).toBe('succeeded')
    expect(leafOf(view, 'demo.set@b')?.phase).toBe('skipped')
  })

  it('applied takes a receipt, and the step is verified all the same', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', () => {
      demo.values.set('a', 'half')
      throw new Error('lost')
    })
    const a = demo.once({ name: 'a', to: 'n' })
    const made = demo.plan(sequence(a, demo.set({ name: 'b', to: a.output.value })))
    const blocked = await demo.run(made, answersBlocks(['applied', 'demo.once@a', { other: 1 }]))
    expect(blocked.blocked?.reason).toBe('in-doubt')
    demo.values.set('a', 'n')
    const view = await demo.resume(made, answersBlocks(['applied', 'demo.once@a', { value: 'by hand' }]))
    expect(view.outcome).toBe('succeeded')
    expect(demo.countOf('verify', 'a')).toBe(1)
    expect(demo.valueOf('b')).toBe('by hand')
  })

  it('not-applied makes the effect of the step again', async () => {
    const demo = makeDemo()
    demo.on('do', 'a', (count) => {
      if (count > 1) return
      demo.values.set('a', 'half')
      throw new Error('lost')
    })
    const made = demo.plan(demo.once({ name: 'a', to: 'n' }))
    await demo.run(made)
    demo.values.set('a', 'old')
    await demo.answer('not-applied', 'demo.once@a')
    expect((await demo.resume(made)).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a', 'do a'])
  })

  it('compensate puts everything back', async () => {
    const demo = makeDemo()
    refuse(demo, 'b', Infinity)
    const made = failing(demo)
    const view = await demo.run(made, answersBlocks(['compensate']))
    expect(view).toMatchObject({ outcome: 'compensated', why: 'operator' })
    expect(demo.valueOf('a')).toBe('old')
  })

  it('abandon ends the run and says what was left', async () => {
    const demo = makeDemo()
    refuse(demo, 'b', Infinity)
    const view = await demo.run(failing(demo), answersBlocks(['abandon']))
    expect(view.outcome).toBe('failed-forward')
    expect(leafOf(view, 'demo.set@a')).toMatchObject({ phase: 'done', touched: true, undo: 'none' })
  })

  it('that is not possible now is refused with the list of what is', async () => {
    const demo = makeDemo()
    refuse(demo, 'b', Infinity)
    await demo.run(failing(demo))
    const possible = 'demo.set@b: retry, skip; the run: compensate, abandon'
    for (const [answer, id] of [
      ['go-on'],
      ['applied', 'demo.set@b'],
      ['not-applied', 'demo.set@b'],
      ['retry', 'demo.set@a'],
      ['skip'],
      ['retry', 'nothing'],
    ] as const) {
      await expect(demo.answer(answer, id)).rejects.toMatchObject({
        code: 'ANSWER_REFUSED',
        hint: expect.stringContaining(possible) as string,
      })
    }
  })

  it('is recorded with who gave it and why', async () => {
    const demo = makeDemo()
    refuse(demo, 'b', Infinity)
    await demo.run(failing(demo), answersBlocks(['compensate']))
    const answered = (await demo.records()).find(({ type }) => type === 'operator.answered')
    expect(answered).toMatchObject({ answer: 'compensate', actor: ana, reason: 'a test' })
  })

  it('skip on the way back leaves the effect, and the outcome says partially', async () => {
    const demo = makeDemo()
    demo.on('undo', 'a', () => {
      throw new Error('lost')
    })
    demo.on('verify', 'c', () => ({ status: 'unhealthy', evidence: [], expected: 'x', actual: 'y' }))
    const made = failing(demo, 'compensate')
    const blocked = await demo.run(made)
    expect(blocked.blocked).toEqual({ reason: 'undo-failed', ids: ['demo.set@a'] })
    expect(blocked.answers).toEqual([
      { id: 'demo.set@a', answers: ['retry', 'skip'] },
      { id: '', answers: ['abandon'] },
    ])
    await demo.answer('skip', 'demo.set@a')
    const view = await demo.resume(made)
    expect(view.outcome).toBe('partially-compensated')
    expect(leafOf(view, 'demo.set@a')?.standing).toBe(true)
    expect([demo.valueOf('a'), demo.valueOf('b'), demo.valueOf('c')]).toEqual(['n', 'old', 'old'])
  })

  it('retry on the way back undoes again', async () => {
    const demo = makeDemo()
    demo.on('undo', 'a', (count) => {
      if (count <= 3) throw new Error('lost')
    })
    demo.on('verify', 'c', () => ({ status: 'unhealthy', evidence: [], expected: 'x', actual: 'y' }))
    const made = failing(demo, 'compensate')
    expect((await demo.run(made)).blocked?.reason).toBe('undo-failed')
    await demo.answer('retry', 'demo.set@a')
    expect((await demo.resume(made)).outcome).toBe('compensated')
  })
})
