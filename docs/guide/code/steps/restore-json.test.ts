import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testRollbackStep, type StepBench } from '@backstep/testing'
import { describe, it } from 'vitest'
import { restoreJson } from './restore-json.ts'

testRollbackStep({
  name: 'restore-json',
  describe,
  it,
  async setUp(): Promise<StepBench> {
    const folder = await mkdtemp(join(tmpdir(), 'restore-json-'))
    const file = join(folder, 'flags.json')
    await writeFile(file, '{ "newCheckout": true }\n')
    return {
      make: (late) => restoreJson({ file, to: late({ newCheckout: false }) }),
      world: async () => ({ flags: JSON.parse(await readFile(file, 'utf8')) }),
      drift: () => writeFile(file, '{ "newCheckout": "maybe" }\n'),
      writes: async () => {
        const names = (await readdir(folder)).sort()
        const stats = await Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`))
        return stats.join(', ')
      },
      tearDown: () => rm(folder, { recursive: true }),
    }
  },
})
