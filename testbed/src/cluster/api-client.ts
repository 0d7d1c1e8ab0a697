import { readFileSync } from 'node:fs'
import { Agent, request as send } from 'node:https'

export interface ApiServer {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** The file with the certificate that the server shows. */
  readonly caFile: string
  readonly token: string
}

export interface ApiRequest {
  /** Sent as JSON. */
  readonly body?: unknown
  /** Default `application/json`; a patch needs the one of its kind. */
  readonly contentType?: string
  /** Default 30 s. */
  readonly timeoutMs?: number
}

export interface ApiAnswer {
  readonly status: number
  /** Parsed when it is JSON, else text. */
  readonly body: unknown
}

/** One connection pool for each certificate; a new instance has a new one. */
const agents = new Map<string, Agent>()

function agentFor(caFile: string): Agent {
  const ca = readFileSync(caFile, 'utf8')
  const found = agents.get(ca) ?? new Agent({ ca, keepAlive: true, maxSockets: 20 })
  agents.set(ca, found)
  return found
}

/**
 * One request to the API server, without any library in between: what the testbed itself needs, and what a test reads to judge the code under
 * test. An answer that says no is an answer; only a failure of the connection rejects.
 */
export function request(server: ApiServer, method: string, path: string, options: ApiRequest = {}): Promise<ApiAnswer> {
  const { body, contentType = 'application/json', timeoutMs = 30_000 } = options
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${server.token}`,
    accept: 'application/json',
    'user-agent': 'backstep-testbed',
    ...(payload === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
  }
  return new Promise((resolve, reject) => {
    const call = send(`${server.url}${path}`, { method, headers, agent: agentFor(server.caFile), timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString('utf8')) }))
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    call.on('error', reject)
    call.end(payload)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
