import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StepBench } from '../../src/index.ts'
import { restoreFile } from './config-file.ts'

const good = 'mode = stable\n'
const bad = 'mode = experimental\n'

/** A folder of its own with one configuration file in it. */
export async function configBench(): Promise<StepBench> {
  const folder = await mkdtemp(join(tmpdir(), 'backstep-config-'))
  const path = join(folder, 'app.conf')
  await writeFile(path, bad)
  return {
    make: (late) => restoreFile({ path, text: late(good) }),
    world: async () => ({ text: await readFile(path, 'utf8') }),
    drift: () => writeFile(path, 'mode = hotfix\n'),
    writes: async () => {
      const names = (await readdir(folder)).toSorted()
      return (
        await Promise.all(
          names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs} ${await readFile(join(folder, name), 'utf8')}`),
        )
      ).join('\n')
    },
    tearDown: () => rm(folder, { recursive: true }),
  }
}
