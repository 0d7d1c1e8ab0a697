import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testRollbackStep } from '@backstep/testing'
import { describe, it } from 'vitest' // or: import { describe, it } from 'node:test'
import { restoreFlag } from './restore-flag.ts'

testRollbackStep({
  name: 'restore-flag',
  describe,
  it,
  async setUp() {
    const folder = await mkdtemp(join(tmpdir(), 'flag-'))
    const path = join(folder, 'checkout.flag')
    await writeFile(path, 'new')
    return {
      make: (late) => restoreFlag({ path, value: late('old') }),
      world: async () => ({ flag: await readFile(path, 'utf8') }),
      drift: () => writeFile(path, 'experiment'),
      writes: async () => (await stat(path)).mtimeMs,
      tearDown: () => rm(folder, { recursive: true }),
    }
  },
})
