import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { WireAct } from './wire-fault.ts'

export interface RelayOptions {
  readonly client: Socket
  readonly server: { readonly host: string; readonly port: number }
  /** What happens to this connection as a whole. */
  readonly act: WireAct | undefined
  /** Asked for every request. */
  readonly onRequest: (request: Buffer) => WireAct | undefined
}

/** Both ends of one connection. */
export interface Relay {
  /** Ends both at once. */
  cut(): void
}

type Answers = 'pass' | 'drop' | 'withhold'

/** Carries bytes between a client and a server until one of them ends, or a fault says otherwise. */
export function relay({ client, server: address, act, onRequest }: RelayOptions): Relay {
  const server = connect({ ...address, allowHalfOpen: true })
  let answers: Answers = 'pass'
  let queue = Promise.resolve()
  const cut = (): void => {
    client.destroy()
    server.destroy()
  }
  const send = async (request: Buffer, how: WireAct | undefined): Promise<void> => {
    if (answers === 'withhold' || server.destroyed) return
    if (typeof how === 'object') await wait(how.delayMs)
    if (how === 'drop') answers = 'drop'
    if (how === 'hang') answers = 'withhold'
    if (how !== 'cut') return written(server, request)
    await written(server, request.subarray(0, Math.floor(request.length / 2)))
    cut()
  }
  client.on('data', (request: Buffer) => {
    const how = onRequest(request) ?? act
    client.pause()
    queue = queue.then(() => send(request, how)).then(() => void client.resume())
  })
  client.on('end', () => void queue.then(() => (answers === 'withhold' ? cut() : server.end())))
  server.on('data', (answer: Buffer) => {
    if (answers === 'drop') return cut()
    if (answers === 'pass') client.write(answer)
  })
  server.on('end', () => (answers === 'withhold' ? undefined : answers === 'drop' ? cut() : client.end()))
  for (const socket of [client, server]) socket.on('error', cut)
  client.on('close', () => server.destroy())
  server.on('close', () => (answers === 'withhold' ? undefined : client.destroySoon()))
  return { cut }
}

/** Waits until the system has taken the bytes, so that ending the connection cannot outrun them. */
function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (bytes.length === 0) resolve()
    else socket.write(bytes, () => resolve())
  })
}
