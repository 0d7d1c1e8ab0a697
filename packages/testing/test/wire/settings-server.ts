import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Setting, SettingsClient, SettingsService } from '../steps/settings-service.ts'
import { plantedToken } from '../steps/settings-service.ts'

export interface SettingsServer {
  readonly port: number
  close(): Promise<void>
}

/** The settings service behind a real HTTP port. */
export async function settingsServer({ client }: SettingsService): Promise<SettingsServer> {
  const server = createServer((incoming, answer) => {
    let body = ''
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text))
    incoming.on('end', () => {
      const name = (incoming.url ?? '').slice(1)
      const call = { token: incoming.headers.authorization ?? '', abortSignal: new AbortController().signal }
      const asked =
        incoming.method === 'PUT'
          ? client.write(name, JSON.parse(body) as Parameters<SettingsClient['write']>[1], call)
          : client.read(name, call)
      asked.then(
        (setting) => answer.writeHead(200).end(JSON.stringify(setting)),
        (error: { readonly status?: number }) => answer.writeHead(error.status ?? 500).end(),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A client with one connection for each call, as plain as it gets. */
export function httpSettings(port: number): SettingsClient {
  const ask = (
    method: string,
    name: string,
    { token, abortSignal }: Parameters<SettingsClient['read']>[1],
    body?: object,
  ): Promise<Setting> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, path: `/${name}`, method, agent: false, signal: abortSignal, headers: { authorization: token } },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (piece: string) => (text += piece))
          answer.on('error', reject)
          answer.on('end', () => {
            const { statusCode = 0 } = answer
            if (statusCode === 200) resolve(JSON.parse(text) as Setting)
            else reject(Object.assign(new Error(`the service answered ${statusCode}`), { status: statusCode }))
          })
        },
      )
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return { read: (name, call) => ask('GET', name, call), write: (name, change, call) => ask('PUT', name, call, change) }
}

export const secrets = { SETTINGS_TOKEN: plantedToken }
