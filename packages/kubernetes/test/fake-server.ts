import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

/** `hang`: no answer ever comes. `cut`: the connection ends in the middle of the answer. */
export type Answer =
  | { readonly status?: number; readonly body?: unknown; readonly text?: string; readonly headers?: Record<string, string> }
  | 'hang'
  | 'cut'

export interface FakeServer {
  readonly url: string
  readonly received: readonly Received[]
  /** A kubeconfig with the context `test` and this user. */
  kubeconfig(user?: object): Promise<string>
  stop(): Promise<void>
}

/** An HTTP server that answers as a test says, for what a real API server cannot be made to show. */
export async function fakeServer(answer: (request: Received) => Answer): Promise<FakeServer> {
  const received: Received[] = []
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost')
      const text = Buffer.concat(chunks).toString()
      const body: unknown = text === '' ? undefined : JSON.parse(text)
      const request = { method: incoming.method ?? '', path: pathname, query: searchParams, headers: incoming.headers, body }
      received.push(request)
      const given = answer(request)
      if (given === 'hang') return
      if (given === 'cut') {
        outgoing.writeHead(200, { 'content-length': '1000' }).write('{"kind":')
        setTimeout(() => outgoing.destroy(), 20)
        return
      }
      outgoing.writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers })
      outgoing.end(given.text ?? JSON.stringify(given.body ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    received,
    async kubeconfig(user = { token: 'first-token' }) {
      const path = join(folder, 'config')
      await writeFile(path, JSON.stringify(configOf(url, user)))
      return path
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}

export function configOf(server: string, user: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'me', user }],
    contexts: [
      { name: 'test', context: { cluster: 'here', user: 'me' } },
      { name: 'lost', context: { cluster: 'elsewhere', user: 'me' } },
    ],
    'current-context': 'other',
  }
}

export const status = (code: number, reason: string, rest: object = {}): Answer => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, ...rest },
})
