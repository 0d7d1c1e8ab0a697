import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { setTimeout as wait } from 'node:timers/promises'
import { RollbackError } from '@backstep/core'
import type { Call } from './client.ts'
import { connectionError } from './errors.ts'

/** Where requests go, and as whom. */
export interface Credentials {
  readonly server: URL
  readonly headers: Readonly<Record<string, string>>
  readonly agent: Agent
}

export interface TransportOptions {
  /** Asked before every request; with `true` when the server has just refused the last ones. */
  readonly credentials: (isRefused: boolean) => Promise<Credentials>
  readonly requestTimeoutMs: number
}

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  /** For messages: `patch shop/Deployment/checkout`. */
  readonly asked: string
  readonly body?: string
  readonly contentType?: string
}

export interface TransportAnswer {
  readonly status: number
  readonly text: string
}

/** Sends one request and reads the whole answer, whatever its status. */
export type Transport = (request: TransportRequest, call: Call) => Promise<TransportAnswer>

const longestPauseMs = 10_000
const mostPauses = 5

/** HTTP to one API server. A refused credential is refreshed once, a busy server is waited for: both were refused before anything was done. */
export function httpTransport({ credentials, requestTimeoutMs }: TransportOptions): Transport {
  return async (request, { abortSignal }) => {
    let isRefreshed = false
    for (let pauses = 0; ;) {
      stopIfAborted(abortSignal, request.asked)
      const limit = AbortSignal.timeout(requestTimeoutMs)
      const answer = await send(request, await credentials(isRefreshed), { abortSignal, limit })
      if (answer.status === 401 && !isRefreshed) {
        isRefreshed = true
        continue
      }
      const pauseMs = pauseOf(answer)
      if (pauseMs === undefined || pauses++ >= mostPauses) return { status: answer.status, text: answer.text }
      await wait(pauseMs, undefined, { signal: abortSignal }).catch(() => undefined)
    }
  }
}

/** Too many requests, with a time to come back that is short enough to wait here. An eviction that is not allowed names no time. */
function pauseOf({ status, retryAfter }: Received): number | undefined {
  const milliseconds = Number(retryAfter) * 1000
  return status === 429 && retryAfter !== undefined && milliseconds >= 0 && milliseconds <= longestPauseMs ? milliseconds : undefined
}

interface Received extends TransportAnswer {
  readonly retryAfter: string | undefined
}

interface Signals {
  readonly abortSignal: AbortSignal
  readonly limit: AbortSignal
}

async function send(request: TransportRequest, { server, headers, agent }: Credentials, signals: Signals): Promise<Received> {
  const sent = { isConnected: false }
  try {
    return await new Promise<Received>((resolve, reject) => {
      const url = new URL(`${server.pathname.replace(/\/$/, '')}${request.path}`, server)
      const outgoing = (url.protocol === 'http:' ? httpRequest : httpsRequest)(url, {
        method: request.method,
        agent,
        signal: AbortSignal.any([signals.abortSignal, signals.limit]),
        headers: {
          ...headers,
          accept: 'application/json',
          'user-agent': 'backstep',
          ...(request.body === undefined
            ? {}
            : { 'content-type': request.contentType ?? 'application/json', 'content-length': Buffer.byteLength(request.body) }),
        },
      })
      outgoing.on('error', reject)
      outgoing.on('socket', (socket) => {
        sent.isConnected = outgoing.reusedSocket || !socket.connecting
        if (!sent.isConnected) socket.once((socket as TLSSocket).encrypted ? 'secureConnect' : 'connect', () => (sent.isConnected = true))
      })
      outgoing.on('response', (response) => void readAll(response).then((text) => resolve(received(response, text)), reject))
      outgoing.end(request.body)
    })
  } catch (cause) {
    throw failure(cause, request, sent.isConnected, signals)
  }
}

function received({ statusCode = 0, headers }: IncomingMessage, text: string): Received {
  return { status: statusCode, text, retryAfter: headers['retry-after'] }
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  if (!response.complete) throw Object.assign(new Error('the answer ended early'), { code: 'ECONNRESET' })
  return Buffer.concat(chunks).toString('utf8')
}

function failure(cause: unknown, { asked }: TransportRequest, mayHaveArrived: boolean, { abortSignal, limit }: Signals): RollbackError {
  const effect = mayHaveArrived ? 'unknown' : 'none'
  if (abortSignal.aborted) return aborted(asked, effect)
  if (limit.aborted) {
    return new RollbackError('TIMED_OUT', `${asked}: the API server did not answer in time`, {
      hint: 'Resume the run: it looks at the live object first.',
      effect,
    })
  }
  return connectionError({ cause, asked, mayHaveArrived })
}

function stopIfAborted(abortSignal: AbortSignal, asked: string): void {
  if (abortSignal.aborted) throw aborted(asked, 'none')
}

function aborted(asked: string, effect: 'none' | 'unknown'): RollbackError {
  return new RollbackError('ABORTED', `${asked}: stopped before the answer came`, {
    hint: 'Resume the run: it looks at the live object first.',
    effect,
  })
}
