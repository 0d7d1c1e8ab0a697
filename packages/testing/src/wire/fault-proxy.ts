import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { relay, type Relay } from './relay.ts'
import { armFault, type ArmedFault, type InjectedFault, type WireAct, type WireFault } from './wire-fault.ts'

export interface FaultProxyOptions {
  /** Where the real server listens. */
  readonly port: number
  /** Default `127.0.0.1`. */
  readonly host?: string
}

/** A TCP proxy on the loopback interface, in front of one server. */
export interface FaultProxy {
  readonly host: string
  readonly port: number
  /** What has gone through since the proxy was started. */
  readonly traffic: { readonly connections: number; readonly requests: number }
  /** Disturbs the wire once it comes to the given moment. Several faults may wait at once: where two fit, the first acts and the other waits on. */
  inject(fault: WireFault): InjectedFault
  /** Takes back every fault that waits. */
  heal(): void
  /** Ends every open connection at once. */
  cutConnections(): Promise<void>
  /** Stops listening and ends every connection: the next one is really refused. The returned function listens again, on the same port. */
  unreachable(): Promise<() => Promise<void>>
  close(): Promise<void>
}

/**
 * Puts a proxy between a step and its backend, to drop, refuse, hang, cut or delay what goes over the wire. It understands no protocol, so
 * it serves HTTP, PostgreSQL and every other one over TCP, also inside TLS: there only `bytes` cannot be used.
 *
 * ```ts
 * const proxy = await faultProxy({ port: 5432 })
 * const fault = proxy.inject({ act: 'drop', at: { bytes: (request) => request.includes('commit') } })
 * // … run the step against proxy.port …
 * assert.equal(fault.count, 1)
 * await proxy.close()
 * ```
 *
 * It listens on 127.0.0.1 only. A connection that the proxy refuses looks reset to the client, not refused; use `unreachable` for that.
 *
 * @throws Error of the system when no port can be had.
 */
export async function faultProxy({ port: serverPort, host: serverHost = '127.0.0.1' }: FaultProxyOptions): Promise<FaultProxy> {
  const faults = new Set<ArmedFault>()
  const open = new Set<Relay>()
  const traffic = { connections: 0, requests: 0 }
  const server = createServer({ allowHalfOpen: true }, (client) =>
    accept(client, { server: { host: serverHost, port: serverPort }, faults, open, traffic }),
  )
  const port = await listen(server, 0)
  const cutConnections = async (): Promise<void> => open.forEach((pair) => pair.cut())
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await cutConnections()
    await closed
  }
  return {
    host: '127.0.0.1',
    port,
    traffic,
    inject(fault) {
      const armed = armFault(fault, () => faults.delete(armed))
      faults.add(armed)
      return armed.handle
    },
    heal: () => faults.clear(),
    cutConnections,
    async unreachable() {
      await stop()
      return async () => void (await listen(server, port))
    },
    close: async () => (server.listening ? stop() : undefined),
  }
}

interface Wire {
  readonly server: { readonly host: string; readonly port: number }
  readonly faults: ReadonlySet<ArmedFault>
  readonly open: Set<Relay>
  readonly traffic: { connections: number; requests: number }
}

function accept(client: Socket, { server, faults, open, traffic }: Wire): void {
  const first = (sees: (fault: ArmedFault) => boolean): WireAct | undefined => [...faults].filter(sees)[0]?.fire()
  traffic.connections++
  const act = first((fault) => fault.seesConnection())
  client.on('error', () => undefined)
  if (act === 'refuse') return void client.resetAndDestroy()
  const onRequest = (request: Buffer): WireAct | undefined => {
    traffic.requests++
    return first((fault) => fault.seesRequest(request))
  }
  const pair = relay({ client, server, act, onRequest })
  open.add(pair)
  client.on('close', () => open.delete(pair))
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
