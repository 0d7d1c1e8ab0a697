import { plainCause, RollbackError, type Secret, type StepContext } from '@backstep/core'
import { inheritedEnvironment, runTool, settled } from '@backstep/process'
import { Redis } from 'ioredis'
import { phaseOf, place, putBack, redisBackup, setAside } from './redis-files.ts'
import type { RedisFacts, RedisRestoreClient } from './redis-port.ts'

export interface RedisClientOptions {
  /** `redis://user:password@host:port`. */
  readonly url: Secret
  /** How the server is started: an absolute program and its arguments, such as `systemctl start redis`. It returns when the server was told to start. */
  readonly start: { readonly command: string; readonly args: readonly string[] }
}

const connectTimeoutMs = 5000

/** The server over the network, its files on this machine, its start by a command. This is the only file that uses the driver. */
export function redisRestoreClient(options: RedisClientOptions): RedisRestoreClient {
  return {
    facts: (call) => connected(options, call, factsOf),
    backup: (path, { abortSignal }) => stored(path, () => redisBackup(path, abortSignal)),
    phase: (files) => stored(files.folder, () => phaseOf(files)),
    stop: async (call) => {
      await connected(options, call, stop)
    },
    start: (call) => start(options, call),
    setAside: (files) => stored(files.folder, () => setAside(files)),
    place: (files, backup) => stored(files.dir, () => place(files, backup)),
    putBack: (files) => stored(files.dir, () => putBack(files)),
  }
}

/** One connection for one question; `undefined` when it is refused: nobody listens. */
async function connected<T>({ url }: RedisClientOptions, call: StepContext, work: (redis: Redis) => Promise<T>): Promise<T | undefined> {
  if (call.abortSignal.aborted)
    throw new RollbackError('ABORTED', 'Stopped before Redis was asked', { hint: 'Resume the run.', effect: 'none' })
  const redis = open(await call.reveal(url), url.name)
  let lastError: unknown
  redis.on('error', (error: unknown) => {
    lastError = error // the driver itself only says that the connection is closed
  })
  const abort = (): void => redis.disconnect()
  call.abortSignal.addEventListener('abort', abort, { once: true })
  try {
    const isThere = await redis.connect().then(
      () => true,
      (cause: unknown) => {
        if (codeOf(lastError) === 'ECONNREFUSED') return false
        throw failed('connect', lastError ?? cause, 'none')
      },
    )
    return isThere ? await work(redis) : undefined
  } finally {
    call.abortSignal.removeEventListener('abort', abort)
    redis.disconnect()
  }
}

function open(url: string, secretName: string): Redis {
  const parsed = URL.parse(url)
  if (parsed === null || !['redis:', 'rediss:'].includes(parsed.protocol)) {
    throw new RollbackError('OPTIONS_INVALID', `The secret ${secretName} holds no Redis URL`, {
      hint: 'Store redis://user:password@host:6379.',
    })
  }
  return new Redis({
    host: parsed.hostname,
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    connectTimeout: connectTimeoutMs,
    connectionName: 'backstep',
  })
}

async function factsOf(redis: Redis): Promise<RedisFacts> {
  const info = await redis.info().catch((cause: unknown) => {
    throw failed('INFO', cause, 'none')
  })
  const value = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? ''
  const setting = async (name: string): Promise<string> => {
    const [, found = ''] = (await redis.config('GET', name).catch((cause: unknown) => {
      throw failed('CONFIG GET', cause, 'none')
    })) as string[]
    return found
  }
  const isAppendOnly = (await setting('appendonly')) === 'yes'
  const keys = [...info.matchAll(/^db\d+:keys=(\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
  const folder = Number.parseInt(value('redis_version'), 10) >= 7 ? await setting('appenddirname') : await setting('appendfilename')
  return {
    version: value('redis_version'),
    role: value('role'),
    replicas: Number(value('connected_slaves')),
    isCluster: value('cluster_enabled') === '1',
    isLoading: value('loading') === '1',
    keys,
    dir: await setting('dir'),
    dbfilename: await setting('dbfilename'),
    isAppendOnly,
    appendOnlyName: folder === '' ? 'appendonly.aof' : folder,
  }
}

/** The server answers nothing when it goes: the connection ends. An answer is a refusal. */
async function stop(redis: Redis): Promise<void> {
  const refusal = await redis.shutdown('SAVE').then(
    () => undefined,
    (cause: unknown) => (cause instanceof Error && cause.name === 'ReplyError' ? cause : undefined),
  )
  if (refusal !== undefined) throw failed('SHUTDOWN SAVE', refusal, 'none')
}

async function start({ start: { command, args } }: RedisClientOptions, { workDirectory, abortSignal }: StepContext): Promise<void> {
  const folder = await workDirectory()
  await settled({ folder, name: 'redis-start', abortSignal })
  const exit = await runTool({ folder, name: 'redis-start', command, args, environment: inheritedEnvironment(() => false), abortSignal })
  if (exit.exitCode === 0) return
  throw new RollbackError(
    'BACKEND_UNAVAILABLE',
    `The command that starts Redis ended with ${exit.exitCode ?? exit.signal ?? 'an unknown code'}`,
    {
      hint: 'Read the log of the server and of its service manager, then resume.',
    },
  )
}

function failed(asked: string, cause: unknown, effect: 'none' | 'unknown'): RollbackError {
  const isReply = cause instanceof Error && cause.name === 'ReplyError'
  const [word = ''] = isReply ? cause.message.split(' ') : []
  if (['NOPERM', 'NOAUTH', 'WRONGPASS'].includes(word)) {
    return new RollbackError('PERMISSION_DENIED', `${asked}: Redis refuses it (${word})`, {
      hint: 'Check the password, and grant the user what the README lists.',
      cause: plainCause(cause),
    })
  }
  return new RollbackError(
    isReply ? 'REJECTED' : 'BACKEND_UNAVAILABLE',
    `${asked}: ${isReply ? cause.message.slice(0, 200) : 'no answer from Redis'}`,
    {
      hint: isReply ? 'Read the log of the server, then resume.' : 'Check that the server is up and reachable, then resume.',
      effect,
      canRetry: true,
      cause: plainCause(cause),
    },
  )
}

async function stored<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause
    throw new RollbackError('BACKEND_UNAVAILABLE', `${path} cannot be read or written (${codeOf(cause)})`, {
      hint: 'Look at the disk and at the rights of the folder, then resume.',
      cause: plainCause(cause),
    })
  }
}

function codeOf(cause: unknown): string {
  const { code } = (cause ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : 'unknown reason'
}
