import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { type FaultProxy, faultProxy } from '@backstep/testing'

/**
 * A fault proxy in front of the API server. Clients speak TLS with it, and it shows them the server's own certificate, so that a kubeconfig
 * differs in its address only. Inside, requests are seen as plain HTTP/1.1: a fault can be aimed at `(request) => request.includes('PATCH /apis/apps')`.
 * A small request with its body is one piece; a large one may come in several, of which only the first holds the request line.
 */
export interface ClusterFaultProxy extends FaultProxy {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** The path of a kubeconfig with the admin token that goes through the proxy. For another user: `kubeconfigFor({ token, url: proxy.url })`. */
  readonly kubeconfig: string
}

export interface ProxyTarget {
  readonly port: number
  readonly certificateFile: string
  readonly keyFile: string
}

const http1 = ['http/1.1']

/** Client, TLS, this process in plain text through the fault proxy, TLS again, the API server. */
export async function clusterFaultProxy({ port, certificateFile, keyFile }: ProxyTarget): Promise<FaultProxy> {
  const certificate = readFileSync(certificateFile)
  const outward = createServer((plain) => join(plain, connectTls({ host: '127.0.0.1', port, ca: certificate, ALPNProtocols: http1 })))
  const proxy = await faultProxy({ port: await listen(outward, 0) })
  const open = new Set<Socket>()
  const inward = createTlsServer({ cert: certificate, key: readFileSync(keyFile), ALPNProtocols: http1 }, (client) =>
    join(client, connect(proxy.port, '127.0.0.1')),
  )
  // The raw connection, also while its handshake is under way: closing would wait for that too.
  inward.on('connection', (raw: Socket) => {
    open.add(raw)
    raw.on('close', () => open.delete(raw))
  })
  const inwardPort = await listen(inward, 0)
  const closeInward = async (): Promise<void> => {
    const isClosed = once(inward, 'close')
    inward.close()
    for (const client of open) client.destroy()
    await isClosed
  }
  return {
    ...proxy,
    traffic: proxy.traffic,
    port: inwardPort,
    async unreachable() {
      await closeInward()
      return async () => void (await listen(inward, inwardPort))
    },
    async close() {
      if (inward.listening) await closeInward()
      await proxy.close()
      await new Promise((resolve) => outward.close(resolve))
    },
  }
}

/** What ends one end ends the other. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroySoon())
  }
  one.pipe(other)
  other.pipe(one)
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
