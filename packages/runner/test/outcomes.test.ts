import { notice, plan, sequence, type RunRecord } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { createRunner, type RunnerPorts, type RunStore, type RunWriter } from '../src/index.ts'
import { Lamp, turnOn } from './bad-steps/lamp.ts'
import { memoryPorts } from './memory-ports.ts'

/** Ports whose store writes down when records become durable and when a message is put into the outbox. */
function loggedPorts(log: string[], change: (writer: RunWriter) => Partial<RunWriter> = () => ({})): RunnerPorts {
  const ports = memoryPorts()
  const logged = (writer: RunWriter): RunWriter => ({
    ...writer,
    get head() {
      return writer.head
    },
    append: async (records, options) => {
      await writer.append(records, options)
      log.push(...records.map((record) => `durable ${nameOf(record)}`))
    },
    queueNotice: async (message) => {
      log.push('message')
      await writer.queueNotice(message)
    },
    ...change(writer),
  })
  const store: RunStore = { ...ports.store, create: async (runId, sealed) => logged(await ports.store.create(runId, sealed)) }
  return { ...ports, store }
}

const nameOf = (record: RunRecord): string => ('id' in record ? `${record.type} ${record.id}` : record.type)

const loggedLamp = (log: string[], name: string): ReturnType<typeof turnOn> =>
  turnOn(
    new Lamp(),
    {
      execute: async (client) => {
        log.push(`effect ${name}`)
        await client.turn({ on: true })
        return { on: true }
      },
    },
    { id: name },
  )

describe('the outcome of an effect', () => {
  it('is durable before the next effect begins', async () => {
    const log: string[] = []
    const runner = createRunner(loggedPorts(log))
    const lamps = plan({ name: 'lamps', steps: sequence(loggedLamp(log, 'one'), loggedLamp(log, 'two'), loggedLamp(log, 'three')) })
    expect((await runner.run(lamps, { approved: await runner.preview(lamps) })).outcome).toBe('succeeded')
    for (const [name, next] of [
      ['one', 'two'],
      ['two', 'three'],
    ] as const) {
      expect(log.indexOf(`durable step.intended ${name}`)).toBeLessThan(log.indexOf(`effect ${name}`))
      expect(log.indexOf(`durable step.effected ${name}`)).toBeLessThan(log.indexOf(`effect ${next}`))
    }
  })

  it('is durable before people are told', async () => {
    const log: string[] = []
    const runner = createRunner(loggedPorts(log))
    const lamps = plan({ name: 'lamps', steps: sequence(loggedLamp(log, 'one'), notice('test.done', {})) })
    expect((await runner.run(lamps, { approved: await runner.preview(lamps) })).outcome).toBe('succeeded')
    expect(log.indexOf('durable step.effected one')).toBeGreaterThan(-1)
    expect(log.indexOf('durable step.effected one')).toBeLessThan(log.indexOf('message'))
  })

  it('stops the run when it cannot be kept: nothing begins after it', async () => {
    const log: string[] = []
    const isOutcome = ({ type }: RunRecord): boolean => type === 'step.effected'
    const full = (writer: RunWriter): Partial<RunWriter> => ({
      append: (records, options) =>
        records.some(isOutcome) ? Promise.reject(new Error('the disk is full')) : writer.append(records, options),
    })
    const runner = createRunner(loggedPorts(log, full))
    const lamps = plan({ name: 'lamps', steps: sequence(loggedLamp(log, 'one'), loggedLamp(log, 'two')) })
    await expect(runner.run(lamps, { approved: await runner.preview(lamps) })).rejects.toThrow('the disk is full')
    expect(log).toEqual(['effect one'])
  })
})
