import { afterAll } from 'vitest'
import { requireInRun } from '../for-tests.ts'
import { missingSystem } from '../missing-system.ts'
import { postgresPrograms } from '../systems/postgres-programs.ts'
import { type OwnPostgres, type OwnPostgresOptions, startOwnPostgres } from './start-own-postgres.ts'

/**
 * Starts a PostgreSQL server for this test file alone, and stops it when the file is done, however that ends. It takes about 2 s and 60 MB, so share
 * `system('postgres18')` wherever that will do. Call it at the top of the file, with the result used in hooks and tests only.
 *
 * @throws TestbedError with `CI` set, when it cannot be had. Otherwise the tests of the file are skipped with the reason.
 */
export async function ownPostgres(options: OwnPostgresOptions = {}): Promise<OwnPostgres> {
  try {
    requireInRun(postgresPrograms.name)
    const { server, stop } = await startOwnPostgres(options)
    afterAll(stop, 60_000)
    return server
  } catch (error) {
    return missingSystem<OwnPostgres>('PostgreSQL of its own', error)
  }
}
