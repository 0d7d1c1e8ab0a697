import { createHash } from 'node:crypto'
import { notice, plan, sequence, type BlobRef, type JsonObject, type Plan, type Risk } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { createRunner, stamps, type OutboxNotice, type RunEvent, type RunnerClock } from '../src/index.ts'
import { Lamp, turnOn } from './bad-steps/lamp.ts'
import { memoryPorts } from './memory-ports.ts'
import { recordingTracer } from './recording-tracer.ts'

const tellPlan = (lamp: Lamp): Plan<Risk> =>
  plan({ name: 'lamp', steps: sequence(notice('test.hello', { to: 'people' }), turnOn(lamp)), always: [notice('test.bye', {})] })

describe('messages', () => {
  it('are delivered beside the run, each once', async () => {
    const sent: OutboxNotice[] = []
    const runner = createRunner(memoryPorts({ deliver: async (message) => void sent.push(message) }))
    const view = await runner.run(tellPlan(new Lamp()), { approved: await runner.preview(tellPlan(new Lamp())) })
    expect(view.outcome).toBe('succeeded')
    expect(sent.map(({ kind }) => kind)).toEqual(['test.hello', 'test.bye'])
    const { records } = await runner.readRun(view.runId)
    expect(records.filter(({ type }) => type === 'notice.delivered')).toHaveLength(2)
  })

  it('never fail a run, and wait in the outbox for a later process', async () => {
    const ports = memoryPorts({ deliver: () => Promise.reject(new Error('no network')) })
    const runner = createRunner(ports)
    const view = await runner.run(tellPlan(new Lamp()), { approved: await runner.preview(tellPlan(new Lamp())) })
    expect(view.outcome).toBe('succeeded')
    const writer = await ports.store.open(view.runId)
    expect((await writer.pendingNotices()).map(({ kind }) => kind)).toEqual(['test.hello', 'test.bye'])
    await writer.close()
  })

  it('never delay a run: a delivery that hangs is left behind', async () => {
    const runner = createRunner(memoryPorts({ deliver: () => new Promise(() => undefined) }))
    const view = await runner.run(tellPlan(new Lamp()), { approved: await runner.preview(tellPlan(new Lamp())) })
    expect(view.outcome).toBe('succeeded')
  })
})

describe('spans', () => {
  it('are made for the run and for each phase, below the run', async () => {
    const { tracer, spans } = recordingTracer()
    const runner = createRunner(memoryPorts({ tracer }))
    await runner.run(tellPlan(new Lamp()), { approved: await runner.preview(tellPlan(new Lamp())) })
    const names = spans.map(({ name }) => name)
    expect(names[0]).toBe('run lamp')
    expect(names).toEqual(expect.arrayContaining(['prepare lamp.turn-on@lamp', 'execute lamp.turn-on@lamp', 'verify lamp.turn-on@lamp']))
    expect(new Set(spans.slice(1).map(({ parent }) => parent))).toEqual(new Set([spans[0]?.id]))
    expect(spans.every(({ hasEnded }) => hasEnded)).toBe(true)
    expect(JSON.stringify(spans)).not.toContain('isOn')
  })

  it('join the trace of the process that started the run', async () => {
    const { tracer, spans } = recordingTracer()
    const ports = memoryPorts({ tracer })
    const runner = createRunner(ports)
    const failing = (): Plan<Risk> =>
      plan({ name: 'lamp', steps: turnOn(new Lamp(), { verify: () => Promise.reject(new Error('no data')) }, { timeout: '50ms' }) })
    const blocked = await runner.run(failing(), { approved: await runner.preview(failing()) })
    await runner.answer(blocked.runId, { answer: 'abandon', actor: { id: 'ana' }, reason: 'enough' })
    await runner.resume(failing(), { runId: blocked.runId })
    const runs = spans.filter(({ name }) => name === 'run lamp')
    expect(runs).toHaveLength(2)
    expect(runs[1]?.trace).toBe(runs[0]?.trace)
  })
})

describe('events', () => {
  it('are told from the beginning to every reader, records once they are durable', async () => {
    const runner = createRunner(memoryPorts())
    const handle = await runner.start(tellPlan(new Lamp()), { approved: await runner.preview(tellPlan(new Lamp())) })
    const read = async (): Promise<string[]> => {
      const seen: string[] = []
      for await (const event of handle.events) if (event.type === 'record') seen.push(event.record.type)
      return seen
    }
    const [first, second] = await Promise.all([read(), read()])
    expect(first).toEqual(second)
    expect(first[0]).toBe('run.created')
    expect(first).toEqual((await runner.readRun(handle.runId)).records.map(({ type }) => type))
  })

  it('survive a listener that throws', async () => {
    const runner = createRunner(memoryPorts())
    const onEvent = (_: RunEvent): void => {
      throw new Error('listener')
    }
    expect((await runner.run(tellPlan(new Lamp()), { approved: await runner.preview(tellPlan(new Lamp())), onEvent })).outcome).toBe(
      'succeeded',
    )
  })
})

describe('streams', () => {
  it('are kept with the run and read back by later methods, larger than any piece', async () => {
    const pieces = Array.from({ length: 40 }, (_, index) => new Uint8Array(65_536).fill(index))
    const wanted = createHash('sha256').update(Buffer.concat(pieces)).digest('hex')
    let seen = ''
    let kept: BlobRef | undefined
    const lamp = new Lamp()
    const build = (): Plan<Risk> =>
      plan({
        name: 'lamp',
        steps: turnOn(lamp, {
          prepare: async (_, context) => {
            kept = await context.keep(streamOf(pieces))
            return undefined
          },
          execute: async (client, context) => {
            const hash = createHash('sha256')
            for await (const piece of context.open(kept as BlobRef)) hash.update(piece)
            seen = hash.digest('hex')
            await client.turn({ on: true })
            return { on: true }
          },
        }),
      })
    const runner = createRunner(memoryPorts())
    expect((await runner.run(build(), { approved: await runner.preview(build()) })).outcome).toBe('succeeded')
    expect(seen).toBe(wanted)
  })

  it('notes are durable and handed back', async () => {
    const found: (readonly JsonObject[])[] = []
    const lamp = new Lamp()
    let attempts = 0
    const build = (): Plan<Risk> =>
      plan({
        name: 'lamp',
        steps: turnOn(lamp, {
          execute: async (client, context) => {
            found.push(context.notes)
            await context.note({ operation: `op-${++attempts}` })
            if (attempts === 1) throw new Error('lost')
            await client.turn({ on: true })
            return { on: true }
          },
        }),
      })
    const runner = createRunner(memoryPorts())
    await runner.run(build(), { approved: await runner.preview(build()) })
    expect(found).toEqual([[], [{ operation: 'op-1' }]])
  })
})

describe('a clock that jumps', () => {
  it('neither shortens nor lengthens what is measured, and stamps never go back', () => {
    let wall = 1_000_000
    let monotonic = 0
    const clock = { now: () => wall, monotonic: () => monotonic } as RunnerClock
    const stamp = stamps(clock, 0)
    monotonic += 1000
    wall -= 3_600_000
    expect(stamp()).toBe(1_001_000)
    wall += 7_200_000
    monotonic += 500
    expect(stamp()).toBe(1_001_500)
  })

  it('that was set back between two processes does not stamp before the last record', () => {
    const clock = { now: () => 5000, monotonic: () => 0 } as RunnerClock
    expect(stamps(clock, 9000)()).toBe(9000)
  })
})

async function* streamOf(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* pieces
}
