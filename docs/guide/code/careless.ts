// Runs the kit over a careless step, without a test runner, and prints the promises that it breaks.
import { readFileSync, statSync } from 'node:fs'
import { testRollbackStep, type TestFunctions } from '@backstep/testing'
import { openShop, put } from './scene.ts'
import { carelessJson } from './steps/careless-json.ts'

const { shop } = openShop()
const file = `${shop}/flags.json`
const promises: { readonly name: string; readonly prove: Parameters<TestFunctions['it']>[2] }[] = []

testRollbackStep({
  name: 'careless-json',
  describe: (_, body) => body(),
  it: (name, _, prove) => promises.push({ name, prove }),
  setUp: async () => {
    put(file, { newCheckout: true })
    return {
      make: () => carelessJson({ file, to: { newCheckout: false } }),
      world: async () => JSON.parse(readFileSync(file, 'utf8')),
      drift: async () => put(file, { newCheckout: 'maybe' }),
      writes: async () => statSync(file).mtimeMs,
    }
  },
})

for (const { name, prove } of promises) {
  const broken = await prove({ skip: () => undefined }).then(
    () => undefined,
    (error: Error) => error,
  )
  if (broken !== undefined) console.log(`✗ ${name}`)
  if (name === 'drift before execute is refused, and nothing is changed') console.log(`    ${broken?.message.replaceAll('\n', '\n    ')}`)
}
