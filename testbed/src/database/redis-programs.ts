import type { System } from '../system.ts'
import { redisProgram } from '../systems/redis.ts'

/** The programs of Redis, by absolute path. A test that wants a server of its own takes `ownRedis`. */
export interface RedisPrograms {
  readonly version: string
  readonly server: string
  readonly cli: string
}

export function redisPrograms({ version }: System): RedisPrograms {
  return { version, server: redisProgram('redis-server'), cli: redisProgram('redis-cli') }
}
