/** What happens on the wire. */
export type WireAct =
  /** The connection is reset as soon as it is made. Of `connection` only. */
  | 'refuse'
  /** The request reaches the server; the connection ends when the answer comes, and the answer is lost. */
  | 'drop'
  /** The request reaches the server; no answer ever comes, and the connection stays open. */
  | 'hang'
  /** Half of the request reaches the server, then both connections end. */
  | 'cut'
  /** The request is held back for this long. */
  | { readonly delayMs: number }

/**
 * Which request is disturbed. Counted from 1, from the moment at which the fault was injected, over all connections. A request is what the
 * client sends in one piece: of HTTP one request as long as it is small, of PostgreSQL one message or one flush.
 */
export type WireMoment = { readonly connection: number } | { readonly request: number } | { readonly bytes: (request: Buffer) => boolean }

export interface WireFault {
  readonly act: WireAct
  readonly at: WireMoment
  /** How often. Default 1. */
  readonly times?: number
}

/** A fault that waits for its moment. */
export interface InjectedFault {
  /** How often it has happened. */
  readonly count: number
  /** Resolves when it happens for the first time. */
  readonly happened: Promise<void>
  remove(): void
}

/** One fault with what it has counted. */
export interface ArmedFault {
  readonly handle: InjectedFault
  /** The act, when this is its moment. */
  onConnection(): WireAct | undefined
  onRequest(request: Buffer): WireAct | undefined
}

export function armFault({ act, at, times = 1 }: WireFault, remove: () => void): ArmedFault {
  const { promise: happened, resolve } = Promise.withResolvers<void>()
  let seen = 0
  let count = 0
  const fire = (isMoment: boolean): WireAct | undefined => {
    if (!isMoment || count >= times) return undefined
    count++
    resolve()
    return act
  }
  return {
    handle: {
      get count() {
        return count
      },
      happened,
      remove,
    },
    onConnection: () => ('connection' in at ? fire(++seen >= at.connection) : undefined),
    onRequest: (request) => ('request' in at ? fire(++seen >= at.request) : 'bytes' in at ? fire(at.bytes(request)) : undefined),
  }
}
