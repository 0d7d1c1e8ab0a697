import { plan } from '@backstep/core'
import { createRunner } from '../../src/index.ts'
import { memoryPorts } from '../memory-ports.ts'
import { Lamp, turnOn } from './lamp.ts'

const lamp = new Lamp()
const lampPlan = plan({
  name: 'lamp',
  steps: turnOn(lamp, {
    execute: async (client) => {
      void Promise.reject(new Error('stray'))
      await client.turn({ on: true })
      return { on: true }
    },
  }),
})
const runner = createRunner(memoryPorts())
let told = ''
const view = await runner.run(lampPlan, {
  approved: await runner.preview(lampPlan),
  onEvent: (event) => {
    if (event.type === 'stray-rejection') told = `${event.id}: ${event.message}`
  },
})
process.stdout.write(`${view.outcome}, told of ${told}\n`)
