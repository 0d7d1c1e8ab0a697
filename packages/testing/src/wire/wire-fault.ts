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
  /** Whether this is its moment. Asked about every connection and every request, since it counts them. */
  seesConnection(): boolean
  seesRequest(request: Buffer): boolean
  /** Lets it happen. */
  fire(): WireAct
}

export function armFault({ act, at, times = 1 }: WireFault, remove: () => void): ArmedFault {
  const { promise: happened, resolve } = Promise.withResolvers<void>()
  let seen = 0
  let count = 0
  const isLeft = (): boolean => count < times
  return {
    handle: {
      get count() {
        return count
      },
      happened,
      remove,
    },
    seesConnection: () => 'connection' in at && ++seen >= at.connection && isLeft(),
    seesRequest(request) {
      if ('request' in at) return ++seen >= at.request && isLeft()
      return 'bytes' in at && at.bytes(request) && isLeft()
    },
    fire() {
      count++
      resolve()
      return act
    },
  }
}
