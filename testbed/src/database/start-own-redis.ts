import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FaultProxy, faultProxy } from '@backstep/testing'
import { runningFolder } from '../cache.ts'
import { readInstance, systemProcesses } from '../instance.ts'
import { quietly } from '../progress.ts'
import { stopProcess, thisProcess } from '../processes.ts'
import { ensureRunning, stopRunning } from '../running.ts'
import { plainName, startContext } from '../start-context.ts'
import type { StartContext, System } from '../system.ts'
import { redis, redisProgram } from '../systems/redis.ts'
import { newPassword } from './postgres-process.ts'

export interface OwnRedisOptions {
  /** `appendonly yes`. Default false. */
  readonly isAppendOnly?: boolean
  /** More lines of `redis.conf`, by name: `{ save: '' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A Redis server that nobody else uses. It asks for its password. */
export interface OwnRedis {
  readonly port: number
  readonly password: string
  /** `redis://:password@127.0.0.1:PORT` */
  readonly url: string
  /** With `dump.rdb` and, when it is append only, the append only file. */
  readonly dataFolder: string
  readonly configFile: string
  readonly logFile: string
  /** One command by `redis-cli`; gives back what it prints. */
  command(...words: readonly string[]): Promise<string>
  /** Without saving: `SHUTDOWN NOSAVE`, or SIGKILL. Resolves when it is gone. What is on the disk stays. */
  stop(end?: 'nosave' | 'kill'): Promise<void>
  /** Starts it again on the same port, with other settings if given. Resolves when it answers. */
  start(options?: OwnRedisOptions): Promise<void>
  faultProxy(): Promise<FaultProxy>
}

export interface StartedRedis {
  readonly server: OwnRedis
  readonly stop: () => Promise<void>
}

/** The same for a program: whoever calls this calls `stop`. When this process is killed, the server is stopped all the same. */
export async function startOwnRedis(options: OwnRedisOptions = {}): Promise<StartedRedis> {
  const folder = join(runningFolder(), `redis-own-${process.pid}-${randomBytes(3).toString('hex')}`)
  const make: System = { ...redis, start: (context) => firstStart(context, options) }
  await ensureRunning(make, { folder, user: thisProcess(), progress: quietly })
  const settings = readInstance(folder)?.state.settings ?? {}
  const facts: RedisFacts = { folder, port: Number(settings['port']), password: String(settings['redisPassword']) }
  const proxies: FaultProxy[] = []
  return {
    server: serverOver(facts, options, proxies),
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await stopRunning(folder, quietly)
    },
  }
}

interface RedisFacts {
  readonly folder: string
  readonly port: number
  readonly password: string
}

async function firstStart(context: StartContext, options: OwnRedisOptions): Promise<void> {
  const facts = { folder: context.folder, port: await context.freePort(), password: newPassword() }
  context.keep({ port: facts.port, redisPassword: facts.password })
  mkdirSync(join(facts.folder, 'data'), { recursive: true })
  await run(context, facts, options)
}

async function run(context: StartContext, facts: RedisFacts, { isAppendOnly = false, settings = {} }: OwnRedisOptions): Promise<void> {
  const { folder, port, password } = facts
  const config = {
    port,
    bind: '127.0.0.1',
    dir: `"${join(folder, 'data')}"`,
    requirepass: password,
    appendonly: isAppendOnly ? 'yes' : 'no',
  }
  const lines = Object.entries({ daemonize: 'no', appendfsync: 'no', ...config, ...settings }).map(
    ([name, value]) => `${name} ${value === '' ? '""' : value}`,
  )
  writeFileSync(join(folder, 'redis.conf'), `${lines.join('\n')}\n`, { mode: 0o600 })
  await context.run('redis', redisProgram('redis-server'), [join(folder, 'redis.conf')])
  await context.until('Redis answers', async () => (await ask(facts, ['ping'])) === 'PONG')
}

async function ask({ port, password }: RedisFacts, words: readonly string[]): Promise<string> {
  const cli = promisify(execFile)(redisProgram('redis-cli'), ['-h', '127.0.0.1', '-p', String(port), ...words], {
    env: { ...process.env, REDISCLI_AUTH: password },
    maxBuffer: 64_000_000,
  })
  return (await cli).stdout.trimEnd()
}

function serverOver(facts: RedisFacts, first: OwnRedisOptions, proxies: FaultProxy[]): OwnRedis {
  const { folder, port, password } = facts
  return {
    port,
    password,
    url: `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    dataFolder: join(folder, 'data'),
    configFile: join(folder, 'redis.conf'),
    logFile: join(folder, 'logs', 'redis.log'),
    command: (...words) => ask(facts, words),
    async stop(end = 'nosave') {
      const record = systemProcesses(folder).find(({ name }) => plainName(name) === 'redis')
      if (end === 'nosave') await ask(facts, ['shutdown', 'nosave']).catch(() => undefined)
      if (record !== undefined) await stopProcess(record, end === 'kill' ? 0 : 5_000)
    },
    start: (options = first) => run(startContext(folder, quietly), facts, options),
    async faultProxy() {
      const proxy = await faultProxy({ port })
      proxies.push(proxy)
      return proxy
    },
  }
}
