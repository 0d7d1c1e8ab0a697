import { afterAll } from 'vitest'
import { requireInRun } from '../for-tests.ts'
import { missingSystem } from '../missing-system.ts'
import { redis } from '../systems/redis.ts'
import { type OwnRedis, type OwnRedisOptions, startOwnRedis } from './start-own-redis.ts'

/**
 * Starts a Redis server for this test file alone, and stops it when the file is done, however that ends; it takes 0.1 s and 10 MB. Call it at the top of
 * the file, with the result used in hooks and tests only.
 *
 * @throws TestbedError with `CI` set, when it cannot be had. Otherwise the tests of the file are skipped with the reason.
 */
export async function ownRedis(options: OwnRedisOptions = {}): Promise<OwnRedis> {
  try {
    requireInRun(redis.name)
    const { server, stop } = await startOwnRedis(options)
    afterAll(stop, 60_000)
    return server
  } catch (error) {
    return missingSystem<OwnRedis>(redis.name, error)
  }
}
