import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { fileStore } from '../../src/journal/file-store.ts'
import { nodeFileSystem } from '../../src/journal/file-system.ts'
import { memoryFileSystem } from '../../src/journal/memory-file-system.ts'
import { memoryStore } from '../../src/journal/memory-store.ts'
import type { MemoryStoreOptions } from '../../src/journal/memory-store.ts'
import { faultyFileSystem } from './faulty-file-system.ts'
import { testRunStore } from './store-conformance.ts'

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

testRunStore('fileStore', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'backstep-store-'))
  folders.push(directory)
  const { fileSystem, faults } = faultyFileSystem(nodeFileSystem)
  const runsDirectory = join(directory, 'runs')
  return {
    store: fileStore({ directory, fileSystem }),
    runsDirectory,
    fileSystem,
    faults,
    storeBesideTheLock: async (runId) => {
      await rm(join(runsDirectory, runId, 'lock.db'))
      return fileStore({ directory })
    },
  }
})

for (const [name, options] of [
  ['memoryStore', {}],
  ['memoryStore with onAppend', { onAppend: () => 'keep' }],
] as const satisfies readonly (readonly [string, MemoryStoreOptions])[]) {
  testRunStore(name, async () => {
    const { fileSystem, faults } = faultyFileSystem(memoryFileSystem())
    return {
      store: memoryStore({ ...options, fileSystem }),
      runsDirectory: resolve('/memory/runs'),
      fileSystem,
      faults,
      storeBesideTheLock: async () => memoryStore({ ...options, fileSystem }),
    }
  })
}
