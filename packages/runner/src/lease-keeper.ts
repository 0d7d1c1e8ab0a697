import { RollbackError } from '@backstep/core'
import type { RunnerPorts } from './ports.ts'
import type { LeaseHolding } from './store.ts'

export type Acquired =
  | { readonly granted: true; readonly tokens: Readonly<Record<string, number>> }
  | { readonly granted: false; readonly key: string; readonly holder: LeaseHolding }

/** The leases of one run in one process: taken together, renewed, looked at before each write. */
export interface LeaseKeeper {
  /** Takes those that are not held yet, in sorted order; all or none of them. Never waits. */
  acquire(keys: readonly string[]): Promise<Acquired>
  /** Like `acquire`, trying again for a bounded time. */
  acquireSoon(keys: readonly string[], signal: AbortSignal): Promise<Acquired>
  token(key: string): number
  has(key: string): boolean
  /** Throws `LEASE_LOST` unless this process still holds all of them. */
  check(keys: readonly string[]): Promise<void>
  /** Stops renewing; frees them when `release`. */
  close(release: boolean): Promise<void>
}

/** `onLost` is called once, with the first lease that turned out to be lost. */
export function keepLeases(ports: RunnerPorts, runId: string, onLost: (key: string) => void): LeaseKeeper {
  const { leases, clock, limits } = ports
  const owner = { ...ports.owner, runId }
  const held = new Map<string, { token: number; until: number }>()
  const lost = new Set<string>()
  let cancelRenewal: (() => void) | undefined
  let isClosed = false

  const lose = (key: string): void => {
    if (lost.has(key) || isClosed) return
    lost.add(key)
    onLost(key)
  }
  const renewOne = async (key: string, holding: { token: number; until: number }): Promise<void> => {
    const startedAt = clock.monotonic()
    try {
      if (await leases.renew(key, holding.token, limits.leaseTtlMs)) holding.until = startedAt + limits.leaseTtlMs
      else lose(key)
    } catch {
      // Tried again at the next turn; once its time is over it counts as lost.
      if (clock.monotonic() >= holding.until) lose(key)
    }
  }
  const renew = async (): Promise<void> => {
    for (const [key, holding] of held) await renewOne(key, holding)
    if (!isClosed) schedule()
  }
  const schedule = (): void => {
    cancelRenewal = clock.after(limits.leaseTtlMs / 3, () => void renew())
  }
  const acquire = async (keys: readonly string[]): Promise<Acquired> => {
    const taken: Record<string, number> = {}
    for (const key of [...new Set(keys)].sort()) {
      if (held.has(key)) continue
      const startedAt = clock.monotonic()
      const grant = await leases.acquire(key, owner, limits.leaseTtlMs)
      if (!grant.granted) {
        for (const [mine, token] of Object.entries(taken)) await leases.release(mine, token).finally(() => held.delete(mine))
        return { granted: false, key, holder: grant.holder }
      }
      taken[key] = grant.token
      held.set(key, { token: grant.token, until: startedAt + limits.leaseTtlMs })
    }
    if (cancelRenewal === undefined && held.size > 0) schedule()
    return { granted: true, tokens: taken }
  }
  return {
    acquire,
    async acquireSoon(keys, signal) {
      const end = clock.monotonic() + limits.leaseWaitMs
      for (let pauseMs = 100; ; pauseMs = Math.min(2000, pauseMs * 2)) {
        const result = await acquire(keys)
        if (result.granted || signal.aborted || clock.monotonic() + pauseMs > end) return result
        await clock.sleep(pauseMs, signal).catch(() => undefined)
      }
    },
    token: (key) => held.get(key)?.token ?? 0,
    has: (key) => held.has(key),
    async check(keys) {
      for (const key of keys) {
        const holding = held.get(key)
        const isSure = holding !== undefined && !lost.has(key) && clock.monotonic() < holding.until && (await leases.isCurrent(key, holding.token))
        if (isSure) continue
        lose(key)
        throw new RollbackError('LEASE_LOST', `The lease of ${key} was lost, so nothing is written to it`, {
          hint: 'Somebody took it over, or this process stood still for too long. See who holds it, then answer retry.',
          effect: 'none',
        })
      }
    },
    async close(release) {
      isClosed = true
      cancelRenewal?.()
      if (!release) return
      for (const [key, { token }] of held) if (!lost.has(key)) await leases.release(key, token)
      held.clear()
    },
  }
}
