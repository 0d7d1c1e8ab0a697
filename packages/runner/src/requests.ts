import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RollbackError, type Actor, type JsonObject, type OperatorAnswer } from '@backstep/core'

/** What a person asks of a run. Plain data, so that it can wait in a file for the process that has the run. */
export type RunRequest =
  | { readonly ask: 'cancel'; readonly mode: 'compensate' | 'hold'; readonly actor: Actor; readonly reason: string }
  | {
      readonly ask: 'gate'
      readonly id: string
      readonly hash: string
      readonly answer: string
      readonly actor: Actor
      readonly reason?: string
      readonly breakGlass?: boolean
      readonly expiresAt?: number
    }
  | {
      readonly ask: 'operator'
      readonly id: string
      readonly answer: OperatorAnswer
      readonly actor: Actor
      readonly reason: string
      readonly receipt?: JsonObject
    }

/** Which lease to take away, from whom, and why. */
export interface TakeOver {
  readonly key: string
  /** The token of the holder as `listLeases` shows it: somebody else who took it meanwhile is not displaced by mistake. */
  readonly displacedToken: number
  readonly actor: Actor
  readonly reason: string
}

/** Carries requests to the process that writes to a run. */
export interface RequestBox {
  /** Durable when it resolves. */
  post(runId: string, request: RunRequest): Promise<void>
  /** Requests in the order in which they came. They stay until `done`: a request is journalled first. */
  take(runId: string): Promise<readonly { readonly name: string; readonly request: RunRequest }[]>
  done(runId: string, name: string): Promise<void>
}

/** Requests as small files beside the runs. */
export function fileRequests({ directory }: { readonly directory: string }): RequestBox {
  const folder = (runId: string): string => join(directory, encodeURIComponent(runId))
  let count = 0
  return {
    async post(runId, request) {
      await mkdir(folder(runId), { recursive: true, mode: 0o700 })
      const name = `${String(Date.now()).padStart(15, '0')}-${String(process.pid)}-${String(count++).padStart(6, '0')}.json`
      const path = join(folder(runId), name)
      const file = await open(`${path}.part`, 'w', 0o600)
      try {
        await file.writeFile(JSON.stringify(request))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(`${path}.part`, path)
    },
    async take(runId) {
      const names = await readdir(folder(runId)).catch(emptyWhenMissing)
      const requests = names.filter((name) => name.endsWith('.json')).sort()
      return Promise.all(requests.map(async (name) => ({ name, request: await readRequest(join(folder(runId), name)) })))
    },
    async done(runId, name) {
      await rm(join(folder(runId), name), { force: true })
    },
  }
}

/** Requests in memory, for tests and for one process. */
export function memoryRequests(): RequestBox {
  const waiting = new Map<string, { name: string; request: RunRequest }[]>()
  let count = 0
  return {
    async post(runId, request) {
      waiting.set(runId, [...(waiting.get(runId) ?? []), { name: String(count++), request: structuredClone(request) }])
    },
    take: async (runId) => waiting.get(runId) ?? [],
    async done(runId, name) {
      waiting.set(
        runId,
        (waiting.get(runId) ?? []).filter((one) => one.name !== name),
      )
    },
  }
}

function emptyWhenMissing(error: unknown): string[] {
  if ((error as { code?: string }).code === 'ENOENT') return []
  throw error
}

async function readRequest(path: string): Promise<RunRequest> {
  const text = await readFile(path, 'utf8')
  try {
    return JSON.parse(text) as RunRequest
  } catch (cause) {
    throw new RollbackError('JOURNAL_CORRUPT', `${path} is no request`, { hint: 'Remove the file and ask again.', cause, effect: 'none' })
  }
}
