import { RollbackError } from '@backstep/core'
import type { RunnerPorts } from './ports.ts'
import type { LeaseHolding, LeaseOwner } from './store.ts'

export type Acquired =
  | { readonly granted: true; readonly tokens: Readonly<Record<string, number>> }
  | { readonly granted: false; readonly key: string; readonly holder: LeaseHolding }

interface Holding {
  readonly token: number
  /** Monotonic time at which it runs out unless it is renewed. */
  until: number
}

/** The leases of one run in one process: taken together, renewed every third of their time, looked at before each write. */
export class LeaseKeeper {
  readonly #ports: RunnerPorts
  readonly #owner: LeaseOwner
  readonly #onLost: (key: string) => void
  readonly #held = new Map<string, Holding>()
  readonly #lost = new Set<string>()
  #cancelRenewal: (() => void) | undefined
  #isClosed = false

  /** `onLost` is called once per lease that turned out to be lost. */
  constructor(ports: RunnerPorts, runId: string, onLost: (key: string) => void) {
    this.#ports = ports
    this.#owner = { ...ports.owner, runId }
    this.#onLost = onLost
  }

  /** Takes those that are not held yet, in sorted order; all or none of them. Never waits. */
  async acquire(keys: readonly string[]): Promise<Acquired> {
    const taken: Record<string, number> = {}
    for (const key of [...new Set(keys)].sort()) {
      if (this.#held.has(key)) continue
      const refused = await this.#take(key, taken)
      if (refused === undefined) continue
      for (const [mine, token] of Object.entries(taken)) {
        this.#held.delete(mine)
        await this.#ports.leases.release(mine, token)
      }
      return refused
    }
    if (this.#cancelRenewal === undefined && this.#held.size > 0) this.#schedule()
    return { granted: true, tokens: taken }
  }

  async #take(key: string, taken: Record<string, number>): Promise<Acquired | undefined> {
    const { leases, clock, limits } = this.#ports
    const startedAt = clock.monotonic()
    const grant = await leases.acquire(key, this.#owner, limits.leaseTtlMs)
    if (!grant.granted) return { granted: false, key, holder: grant.holder }
    taken[key] = grant.token
    this.#held.set(key, { token: grant.token, until: startedAt + limits.leaseTtlMs })
    return undefined
  }

  /** Like `acquire`, trying again for a bounded time. */
  async acquireSoon(keys: readonly string[], signal: AbortSignal): Promise<Acquired> {
    const { clock, limits } = this.#ports
    const end = clock.monotonic() + limits.leaseWaitMs
    for (let pauseMs = 100; ; pauseMs = Math.min(2000, pauseMs * 2)) {
      const result = await this.acquire(keys)
      if (result.granted || signal.aborted || clock.monotonic() + pauseMs > end) return result
      await clock.sleep(pauseMs, signal).catch(() => undefined)
    }
  }

  has(key: string): boolean {
    return this.#held.has(key)
  }

  /** The fencing token; 0 when this run does not hold the lease. */
  token(key: string): number {
    return this.#held.get(key)?.token ?? 0
  }

  /** Throws `LEASE_LOST` unless this process still holds all of them. */
  async check(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      if (await this.#isSure(key)) continue
      this.#lose(key)
      throw new RollbackError('LEASE_LOST', `The lease of ${key} was lost, so nothing is written to it`, {
        hint: 'Somebody took it over, or this process stood still for too long. See who holds it, then answer retry.',
        effect: 'none',
      })
    }
  }

  async #isSure(key: string): Promise<boolean> {
    const holding = this.#held.get(key)
    if (holding === undefined || this.#lost.has(key) || this.#ports.clock.monotonic() >= holding.until) return false
    return this.#ports.leases.isCurrent(key, holding.token)
  }

  /** Stops renewing; frees them when `release`. */
  async close(release: boolean): Promise<void> {
    this.#isClosed = true
    this.#cancelRenewal?.()
    if (!release) return
    for (const [key, { token }] of this.#held) if (!this.#lost.has(key)) await this.#ports.leases.release(key, token)
    this.#held.clear()
  }

  #schedule(): void {
    this.#cancelRenewal = this.#ports.clock.after(this.#ports.limits.leaseTtlMs / 3, () => void this.#renewAll())
  }

  async #renewAll(): Promise<void> {
    for (const [key, holding] of this.#held) await this.#renew(key, holding)
    if (!this.#isClosed) this.#schedule()
  }

  async #renew(key: string, holding: Holding): Promise<void> {
    const { leases, clock, limits } = this.#ports
    const startedAt = clock.monotonic()
    try {
      if (await leases.renew(key, holding.token, limits.leaseTtlMs)) holding.until = startedAt + limits.leaseTtlMs
      else this.#lose(key)
    } catch {
      // Tried again at the next turn; once its time is over it counts as lost.
      if (clock.monotonic() >= holding.until) this.#lose(key)
    }
  }

  #lose(key: string): void {
    if (this.#lost.has(key) || this.#isClosed) return
    this.#lost.add(key)
    this.#onLost(key)
  }
}
