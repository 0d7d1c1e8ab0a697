import { defineQuery, plan, sequence } from '@backstep/core'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { stubStep, stubWorld } from './adapters/stub-step.ts'
import { createRunner } from '../../src/index.ts'
import { memoryPorts } from '../memory-ports.ts'

const findTag = defineQuery({
  kind: 'demo.find-tag',
  options: z.strictObject({ service: z.string() }),
  result: z.object({ tag: z.string() }),
  target: ({ service }) => ({ system: 'demo', name: String(service) }),
  read: async () => ({ tag: 'v1.4.2' }),
})
const restore = stubStep({
  kind: 'demo.restore',
  options: z.strictObject({ name: z.string(), tag: z.string() }),
  late: ['tag'],
  receipt: z.object({ tag: z.string() }),
  risk: 'reversible',
  target: ({ name }) => name,
  gives: { tag: 'v1.4.2' },
})

it('gives every step the answer of its query, also when two queries ask the same', async () => {
  stubWorld.clear()
  const build = () =>
    plan({
      name: 'shop',
      steps: sequence(
        restore({ name: 'api', tag: findTag({ service: 'shop' }).output.tag }),
        restore({ name: 'web', tag: findTag({ service: 'shop' }).output.tag }),
      ),
    })
  const runner = createRunner(memoryPorts())
  const approved = await runner.preview(build())
  expect(approved.steps.map(({ state }) => state)).toEqual(['ready', 'ready'])
  expect(await runner.run(build(), { approved })).toMatchObject({ outcome: 'succeeded' })
  expect([...stubWorld.values()]).toEqual(['{"name":"api","tag":"v1.4.2"}', '{"name":"web","tag":"v1.4.2"}'])
})
