import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mutants } from './model/mutants.ts'
import { withPlanted } from './model/plant.ts'
import { simulateMany } from './model/simulate.ts'

/** Bugs that a few random plans show. `pnpm soak mutants` plants all of them. */
const quick = [
  'going back begins with what came first',
  'a resume goes on without its leases',
  'the next alternative starts before the failed one is undone',
  'what cannot be seen is done again',
  'a refusal clears the doubt of an earlier attempt',
  'a repeated record closes the next command',
  'a cancelled run starts new work',
  'no data counts as a failure',
  'an optional part that failed is left as it is',
  'a scope is not left',
  'an undo that loses data is not asked about',
  'a dead process keeps its commands',
  'a refusal over a half of our own counts as nothing done',
  'a look that finds nothing ends the doubt',
]

describe('the bugs to plant', () => {
  it.each(mutants.map(({ name, file, find }) => [name, file, find] as const))('can be planted: %s', (_name, file, find) => {
    const source = readFileSync(new URL(`../../src/engine/${file}`, import.meta.url), 'utf8')
    expect(source.split(find)).toHaveLength(2)
  })
})

describe('the simulation finds a bug that was planted into the engine', () => {
  it.each(quick)('%s', async (name) => {
    const mutant = mutants.find((one) => one.name === name)
    if (mutant === undefined) throw new Error(`there is no planted bug "${name}"`)
    const seeds = Array.from({ length: 600 }, (_, index) => index + 1)
    const fault = await withPlanted(mutant, (engine) => simulateMany(engine, seeds))
    expect(fault).toBeDefined()
  })

  it('and fails when the text to replace is no longer there', async () => {
    const gone = { name: 'gone', file: 'decide.ts', find: 'this stands nowhere', replace: '' }
    await expect(withPlanted(gone, () => undefined)).rejects.toThrow(/stands 0 times/)
  })
})
