import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testInChildProcess, type ChildBench } from '../../src/index.ts'

async function twoFiles(): Promise<ChildBench> {
  const folder = await mkdtemp(join(tmpdir(), 'backstep-killed-'))
  await writeFile(join(folder, 'app.conf'), 'mode = experimental\n')
  await writeFile(join(folder, 'db.conf'), 'pool = 1000\n')
  return {
    input: { folder },
    world: async () =>
      Object.fromEntries(
        await Promise.all(
          (await readdir(folder))
            .filter((name) => !name.startsWith('.'))
            .map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
        ),
      ),
    tearDown: () => rm(folder, { recursive: true }),
  }
}

testInChildProcess({
  name: 'two files',
  describe,
  it,
  module: new URL('config.child.ts', import.meta.url),
  setUp: twoFiles,
  every: 100,
  randomRuns: 2,
})

describe('a step that does its effect again after a crash', () => {
  it('is caught by a real kill', async () => {
    const checks: (() => Promise<void>)[] = []
    testInChildProcess({
      name: 'twice',
      describe: (_, body) => body(),
      it: (_, __, body) => checks.push(() => body({ skip: () => undefined })),
      module: new URL('twice.child.ts', import.meta.url),
      setUp: twoFiles,
    })
    await expect(checks[0]?.()).rejects.toThrow(/killed after contact 1 \(append\): another world/)
  }, 60_000)
})
