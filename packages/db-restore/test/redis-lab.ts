import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { secret, type Json } from '@backstep/core'
import type { StepBench } from '@backstep/testing'
import { restoreRedis } from '../src/index.ts'

const run = promisify(execFile)
const password = 'canary-redis-5c1e'

export interface RedisPlace {
  readonly server: string
  readonly cli: string
}

/** A server of one test in a folder of its own, started as a service would start it. */
export interface RedisLab {
  readonly url: string
  readonly data: string
  readonly rdb: string
  readonly start: { readonly command: string; readonly args: readonly string[] }
  ask(...words: readonly string[]): Promise<string>
  up(): Promise<void>
  cleanUp(): Promise<void>
}

/** Holds the keys `a` and `b`; its snapshot, taken before, holds `a` with another value and `c`. */
export async function redisLab(place: RedisPlace, isAppendOnly: boolean): Promise<RedisLab> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-lab-'))
  const [data, port] = [join(folder, 'data'), await freePort()]
  await mkdir(data)
  const lines = {
    port,
    bind: '127.0.0.1',
    dir: data,
    requirepass: password,
    appendonly: isAppendOnly ? 'yes' : 'no',
    daemonize: 'yes',
    save: '""',
    logfile: join(folder, 'log'),
  }
  await writeFile(
    join(folder, 'redis.conf'),
    Object.entries(lines)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  )
  const lab: RedisLab = {
    url: `redis://:${password}@127.0.0.1:${port}`,
    data,
    rdb: join(folder, 'before.rdb'),
    start: { command: place.server, args: [join(folder, 'redis.conf')] },
    async ask(...words) {
      const { stdout } = await run(place.cli, ['-p', String(port), ...words], { env: { REDISCLI_AUTH: password } })
      return stdout.trim()
    },
    async up() {
      await run(place.server, [join(folder, 'redis.conf')])
      while ((await lab.ask('ping').catch(() => '')) !== 'PONG') await wait(10)
    },
    async cleanUp() {
      for (let refused = 0; refused < 3;) {
        const isUp = await lab.ask('shutdown', 'nosave').catch((error: { readonly stderr?: string }) => !error.stderr?.includes('refused'))
        refused = isUp === false ? refused + 1 : 0
        await wait(30) // one that was told to start may come up late
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  await lab.up()
  await lab.ask('mset', 'a', 'good', 'c', 'kept')
  await lab.ask('save')
  await copyFile(join(data, 'dump.rdb'), lab.rdb)
  await lab.ask('mset', 'a', 'bad', 'b', 'new')
  await lab.ask('del', 'c')
  return lab
}

/** What a person would see: the keys, and whether a restart would bring the same ones. */
export async function redisWorld(lab: RedisLab): Promise<Json> {
  const keys = (await lab.ask('--raw', 'keys', '*').catch(() => 'down'))
    .split('\n')
    .filter((key) => key !== '')
    .toSorted()
  if (keys[0] === 'down') return { isUp: false }
  const values = keys.length === 0 ? '' : await lab.ask('--raw', 'mget', ...keys)
  return { keys, values, file: await lab.ask('--raw', 'config', 'get', 'dbfilename') }
}

export async function redisBench(place: RedisPlace, isAppendOnly: boolean): Promise<StepBench> {
  const lab = await redisLab(place, isAppendOnly)
  return {
    make: () => restoreRedis({ server: 'cache', url: secret('REDIS_URL'), rdb: lab.rdb, start: lab.start }),
    secrets: { REDIS_URL: lab.url },
    world: () => redisWorld(lab),
    drift: async () => void (await lab.ask('config', 'set', 'dbfilename', 'theirs.rdb')),
    writes: async () => {
      const names = (await readdir(lab.data, { recursive: true })).toSorted()
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(lab.data, name)).catch(() => undefined))?.size))
      return names.map((name, index) => `${name} ${sizes[index]}`).join(', ')
    },
    tearDown: () => lab.cleanUp(),
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
