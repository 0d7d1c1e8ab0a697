import { gate, plan, sequence, type Plan, type Risk } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { createRunner, type Runner, type RunnerPorts } from '../src/index.ts'
import { Lamp, turnOn, type Wrongs } from './bad-steps/lamp.ts'
import { memoryPorts } from './memory-ports.ts'

const ana = { id: 'ana', roles: ['on-call'] }
const bob = { id: 'bob', roles: ['guest'] }

function lampPlan(lamp: Lamp, wrong: Wrongs = {}): Plan<Risk> {
  const ask = gate.decision({ name: 'light', role: 'on-call', options: ['on', 'off'], timeBox: '1h', onTimeout: 'escalate' })
  return plan({ name: 'lamp', steps: sequence(ask, turnOn(lamp, wrong)) })
}

async function waiting(ports: RunnerPorts, lamp = new Lamp()): Promise<{ runner: Runner; runId: string; hash: string; lamp: Lamp }> {
  const runner = createRunner(ports)
  const view = await runner.run(lampPlan(lamp), { approved: await runner.preview(lampPlan(lamp)) })
  expect(view.state).toBe('waiting')
  return { runner, runId: view.runId, hash: view.openGates[0]?.hash ?? '', lamp }
}

describe('answering a run that no process has', () => {
  it('journals the answer, and the next resume goes on', async () => {
    const { runner, runId, hash, lamp } = await waiting(memoryPorts())
    await runner.answerGate(runId, { id: 'gate light', hash, answer: 'on', actor: ana })
    const view = await runner.resume(lampPlan(lamp), { runId })
    expect(view.outcome).toBe('succeeded')
    expect(lamp.isOn).toBe(true)
  })

  it('refuses an answer for another hash', async () => {
    const { runner, runId } = await waiting(memoryPorts())
    const answer = runner.answerGate(runId, { id: 'gate light', hash: 'f00d', answer: 'on', actor: ana })
    await expect(answer).rejects.toMatchObject({ code: 'APPROVAL_VOID' })
  })

  it('refuses an answer of somebody without the role, naming it', async () => {
    const { runner, runId, hash } = await waiting(memoryPorts())
    const answer = runner.answerGate(runId, { id: 'gate light', hash, answer: 'on', actor: bob })
    await expect(answer).rejects.toMatchObject({ code: 'PERMISSION_DENIED', hint: expect.stringContaining('on-call') as string })
  })

  it('refuses an answer that is none of the options, naming them', async () => {
    const { runner, runId, hash } = await waiting(memoryPorts())
    const answer = runner.answerGate(runId, { id: 'gate light', hash, answer: 'maybe', actor: ana })
    await expect(answer).rejects.toMatchObject({ code: 'ANSWER_REFUSED', hint: expect.stringContaining('on, off') as string })
  })

  it('refuses an operator answer to a run that is not blocked', async () => {
    const { runner, runId } = await waiting(memoryPorts())
    const answer = runner.answer(runId, { answer: 'abandon', actor: ana, reason: 'tired' })
    await expect(answer).rejects.toMatchObject({ code: 'ANSWER_REFUSED', hint: expect.stringContaining('not blocked') as string })
  })

  it('cancels a waiting run: nothing was done, so it ends as aborted', async () => {
    const { runner, runId, lamp } = await waiting(memoryPorts())
    await runner.cancel(runId, { actor: ana, reason: 'false alarm' })
    expect(await runner.resume(lampPlan(lamp), { runId })).toMatchObject({ outcome: 'aborted', why: 'cancelled' })
    expect(lamp.switched).toBe(0)
  })

  it('names the run that does not exist', async () => {
    const runner = createRunner(memoryPorts())
    await expect(runner.cancel('no-such-run', { actor: ana, reason: 'x' })).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
      message: expect.stringContaining('no-such-run') as string,
    })
  })
})

describe('answering a run that another process has', () => {
  it('hands the answer over, and says so once it is journalled', async () => {
    const ports = memoryPorts()
    const runner = createRunner(ports)
    const lamp = new Lamp()
    const handle = await runner.start(lampPlan(lamp), { approved: await runner.preview(lampPlan(lamp)), stay: true })
    await gateOpened(handle.events)
    const { view } = await runner.readRun(handle.runId)
    const after = await runner.answerGate(handle.runId, { id: 'gate light', hash: view.openGates[0]?.hash ?? '', answer: 'on', actor: ana })
    expect(after.openGates).toEqual([])
    expect((await handle.result).outcome).toBe('succeeded')
  })

  it('cancels it', async () => {
    const runner = createRunner(memoryPorts())
    const lamp = new Lamp()
    const handle = await runner.start(lampPlan(lamp), { approved: await runner.preview(lampPlan(lamp)), stay: true })
    await gateOpened(handle.events)
    await runner.cancel(handle.runId, { actor: ana, reason: 'false alarm' })
    expect((await handle.result).outcome).toBe('aborted')
  })

  it('tells whoever asked when the answer cannot be taken', async () => {
    const runner = createRunner(memoryPorts())
    const lamp = new Lamp()
    const handle = await runner.start(lampPlan(lamp), { approved: await runner.preview(lampPlan(lamp)), stay: true })
    await gateOpened(handle.events)
    const wrong = runner.answerGate(handle.runId, { id: 'gate light', hash: 'f00d', answer: 'on', actor: ana })
    await expect(wrong).rejects.toMatchObject({ code: 'ANSWER_REFUSED' })
    await runner.cancel(handle.runId, { actor: ana, reason: 'enough' })
    await handle.result
  })
})

describe('two runs on one target', () => {
  const lightOnly = (lamp: Lamp, wrong: Wrongs = {}): Plan<Risk> => plan({ name: 'lamp', steps: turnOn(lamp, wrong) })

  it('never overlap: the second one is told who has the target, and has changed nothing', async () => {
    const ports = memoryPorts()
    const runner = createRunner(ports)
    const lamp = new Lamp()
    const mayEnd = Promise.withResolvers<void>()
    const slow = {
      execute: async (client: Lamp['port']) => mayEnd.promise.then(() => client.turn({ on: true })).then(() => ({ on: true })),
    }
    const second = await runner.preview(lightOnly(lamp))
    const handle = await runner.start(lightOnly(lamp, slow), { approved: await runner.preview(lightOnly(lamp, slow)) })
    for await (const event of handle.events) if (event.type === 'record' && event.record.type === 'step.intended') break
    const view = await runner.run(lightOnly(lamp), { approved: second })
    expect(view).toMatchObject({ state: 'blocked', blocked: { reason: 'lease-held' } })
    expect(lamp.switched).toBe(0)
    mayEnd.resolve()
    expect((await handle.result).outcome).toBe('succeeded')
    await runner.answer(view.runId, { answer: 'retry', actor: ana, reason: 'the other one has ended' })
    const after = await runner.resume(lightOnly(lamp), { runId: view.runId })
    expect(after).toMatchObject({ outcome: 'succeeded', leaves: [{ unchanged: true }] })
    expect(lamp.switched).toBe(1)
  })

  it('a lease can be taken over in an emergency; the displaced run writes nothing more', async () => {
    const ports = memoryPorts()
    const runner = createRunner(ports)
    const lamp = new Lamp()
    const mayWrite = Promise.withResolvers<void>()
    const slow = {
      execute: async (client: Lamp['port']) => mayWrite.promise.then(() => client.turn({ on: true })).then(() => ({ on: true })),
    }
    const second = await runner.preview(lightOnly(lamp))
    const displaced = await runner.start(lightOnly(lamp, slow), { approved: await runner.preview(lightOnly(lamp, slow)) })
    for await (const event of displaced.events) if (event.type === 'record' && event.record.type === 'step.intended') break
    const blocked = await runner.run(lightOnly(lamp), { approved: second })
    const [holding] = await runner.listLeases()
    await runner.takeOverLease(blocked.runId, {
      key: 'lamp',
      displacedToken: holding?.token ?? -1,
      actor: ana,
      reason: 'the other one hangs',
    })
    mayWrite.resolve()
    expect(await displaced.result).toMatchObject({ state: 'blocked', blocked: { reason: 'lease-lost' } })
    expect(lamp.switched).toBe(0)
    await runner.answer(blocked.runId, { answer: 'retry', actor: ana, reason: 'the lease is ours' })
    expect((await runner.resume(lightOnly(lamp), { runId: blocked.runId })).outcome).toBe('succeeded')
    expect(lamp.switched).toBe(1)
    const { records } = await runner.readRun(blocked.runId)
    expect(records.find((record) => record.type === 'lease.taken-over')).toMatchObject({
      key: 'lamp',
      reason: 'the other one hangs',
      actor: ana,
    })
  })

  it('a takeover that names another token displaces nobody', async () => {
    const ports = memoryPorts()
    const runner = createRunner(ports)
    const { runId } = await waiting(ports)
    await ports.leases.acquire('lamp', { runId: 'other', host: 'there', pid: 1 }, 60_000)
    const attempt = runner.takeOverLease(runId, { key: 'lamp', displacedToken: 99, actor: ana, reason: 'hurry' })
    await expect(attempt).rejects.toMatchObject({ code: 'LEASE_HELD', message: expect.stringContaining('token 1') as string })
  })
})

async function gateOpened(events: AsyncIterable<{ type: string; record?: { type: string } }>): Promise<void> {
  for await (const event of events) if (event.record?.type === 'gate.opened') return
}
