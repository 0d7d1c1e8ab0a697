import { plan } from '@backstep/core'
import { createRunner } from '../../src/index.ts'
import { memoryPorts } from '../memory-ports.ts'
import { Lamp, turnOn } from './lamp.ts'

const [, , mode] = process.argv
const bothUnderWay = Promise.withResolvers<void>()
let underWay = 0

/** A run whose step forgets a promise that rejects, and what the run was told of it. */
async function run(id: string): Promise<string> {
  const lampPlan = plan({
    name: id,
    steps: turnOn(
      new Lamp(),
      {
        execute: async (client) => {
          if (++underWay === 2) bothUnderWay.resolve()
          await bothUnderWay.promise
          if (mode === 'of steps') void Promise.reject(new Error('stray'))
          else await new Promise((resolve) => setTimeout(resolve, 2000))
          await client.turn({ on: true })
          return { on: true }
        },
      },
      { id },
    ),
  })
  const runner = createRunner(memoryPorts())
  const told: string[] = []
  const view = await runner.run(lampPlan, {
    approved: await runner.preview(lampPlan),
    onEvent: (event) => {
      if (event.type === 'stray-rejection') told.push(`${event.id}: ${event.message}`)
    },
  })
  return `${view.outcome}, told of ${told.join(', ')}\n`
}

const both = Promise.all([run('one'), run('two')])
await bothUnderWay.promise
if (mode === 'of the program') void Promise.reject(new Error(mode))
process.stdout.write((await both).join(''))
