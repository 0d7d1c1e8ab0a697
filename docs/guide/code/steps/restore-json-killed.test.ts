import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testInChildProcess, type ChildBench } from '@backstep/testing'
import { describe, it } from 'vitest'

testInChildProcess({
  name: 'restore-json',
  describe,
  it,
  module: new URL('./restore-json.child.ts', import.meta.url),
  every: 10,
  randomRuns: 1,
  async setUp(): Promise<ChildBench> {
    const folder = await mkdtemp(join(tmpdir(), 'restore-json-'))
    const file = join(folder, 'flags.json')
    await writeFile(file, '{ "newCheckout": true }\n')
    return {
      input: { file },
      world: async () => JSON.parse(await readFile(file, 'utf8')),
      tearDown: () => rm(folder, { recursive: true }),
    }
  },
})
