import { system } from '@backstep/testbed'
import { describe, expect, it } from 'vitest'
import { runHistory } from './history-run.ts'

const server = await system('postgres18')
const histories = Number(process.env['BACKSTEP_HISTORIES'] ?? 8)
const firstSeed = Number(process.env['BACKSTEP_FIRST_SEED'] ?? 1)

describe('a random history of migrations', () => {
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    it(
      `of seed ${seed} ends where a database ends that was never migrated further, and comes back whole`,
      { timeout: 30_000 },
      async () => {
        const { undone, onlyMigrated, cameBack, before, notRestored } = await runHistory(server, seed)
        expect(undone).toEqual(onlyMigrated)
        expect(notRestored).toEqual([])
        expect(cameBack).toEqual(before)
      },
    )
  }
})
