import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import type { LeaseOwner, LeaseStore } from '../../src/store.ts'
import { rejection } from '../journal/expect-error.ts'

/** A clock that stands until it is moved. */
export interface StandingClock {
  readonly now: () => number
  readonly advance: (milliseconds: number) => void
}

export function standingClock(): StandingClock {
  let nowMs = Date.UTC(2026, 10, 22, 4, 30)
  return { now: () => nowMs, advance: (milliseconds) => void (nowMs += milliseconds) }
}

const key = 'k8s:7f3a/apps/Deployment/checkout'
const ttlMs = 30_000
const owner = (runId: string, pid = process.pid): LeaseOwner => ({ runId, host: hostname(), pid })

/** What every lease store promises. `makeLeases` gives a store with nothing in it. */
export function testLeases(name: string, makeLeases: (clock: StandingClock) => Promise<LeaseStore>): void {
  const made = async (): Promise<{ clock: StandingClock; leases: LeaseStore }> => {
    const clock = standingClock()
    return { clock, leases: await makeLeases(clock) }
  }
  describe(`${name}: a lease store`, () => {
    it('gives a free key to the first who asks, and names the holder to the others', async () => {
      const { clock, leases } = await made()
      expect(await leases.acquire(key, owner('r1'), ttlMs)).toEqual({ granted: true, token: 1 })
      const holder = { key, token: 1, owner: owner('r1'), renewedAt: clock.now(), expiresAt: clock.now() + ttlMs, isAlive: true }
      expect(await leases.acquire(key, owner('r2'), ttlMs)).toEqual({ granted: false, holder })
      expect(await leases.acquire('another', owner('r2'), ttlMs)).toEqual({ granted: true, token: 1 })
      expect((await leases.list()).map((one) => one.key)).toEqual(['another', key])
    })

    it('gives a released key to the next, with a greater token', async () => {
      const { leases } = await made()
      for (let token = 1; token <= 3; token++) {
        expect(await leases.acquire(key, owner(`r${token}`), ttlMs)).toEqual({ granted: true, token })
        await leases.release(key, token)
        expect(await leases.isCurrent(key, token)).toBe(false)
      }
      expect(await leases.list()).toEqual([])
    })

    it('takes no lease from a holder whose time has not passed, and any from one whose time has', async () => {
      const { clock, leases } = await made()
      await leases.acquire(key, owner('r1'), ttlMs)
      clock.advance(ttlMs - 1)
      expect((await leases.acquire(key, owner('r2'), ttlMs)).granted).toBe(false)
      clock.advance(1)
      expect(await leases.acquire(key, owner('r2'), ttlMs)).toEqual({ granted: true, token: 2 })
      expect([await leases.isCurrent(key, 1), await leases.isCurrent(key, 2)]).toEqual([false, true])
      expect(await leases.renew(key, 1, ttlMs)).toBe(false)
      await leases.release(key, 1)
      expect(await leases.isCurrent(key, 2)).toBe(true)
    })

    it('keeps the lease of a process that died until its time has passed, and says that it died', async () => {
      const { clock, leases } = await made()
      await leases.acquire(key, owner('r1', 2 ** 22 + 1), ttlMs)
      const answer = await leases.acquire(key, owner('r2'), ttlMs)
      expect(answer).toMatchObject({ granted: false, holder: { isAlive: false } })
      clock.advance(ttlMs)
      expect((await leases.acquire(key, owner('r2'), ttlMs)).granted).toBe(true)
    })

    it('says nothing about processes of another machine', async () => {
      const { leases } = await made()
      await leases.acquire(key, { runId: 'r1', host: 'elsewhere', pid: process.pid }, ttlMs)
      expect((await leases.list())[0]).not.toHaveProperty('isAlive')
    })

    it('gives a run its own lease back at once, with a new token', async () => {
      const { leases } = await made()
      await leases.acquire(key, owner('r1', 2 ** 22 + 1), ttlMs)
      expect(await leases.acquire(key, owner('r1'), ttlMs)).toEqual({ granted: true, token: 2 })
      expect(await leases.isCurrent(key, 1)).toBe(false)
      expect((await leases.list())[0]?.owner.pid).toBe(process.pid)
    })

    it('prolongs a lease, also a late one that nobody took, but no released one', async () => {
      const { clock, leases } = await made()
      await leases.acquire(key, owner('r1'), ttlMs)
      clock.advance(20_000)
      expect(await leases.renew(key, 1, ttlMs)).toBe(true)
      clock.advance(20_000)
      expect((await leases.acquire(key, owner('r2'), ttlMs)).granted).toBe(false)
      expect((await leases.list())[0]).toMatchObject({ token: 1, renewedAt: clock.now() - 20_000, expiresAt: clock.now() + 10_000 })
      clock.advance(60_000)
      expect(await leases.renew(key, 1, ttlMs)).toBe(true)
      await leases.release(key, 1)
      expect(await leases.renew(key, 1, ttlMs)).toBe(false)
      expect(await leases.renew('never taken', 1, ttlMs)).toBe(false)
    })

    it('lets a person take a lease over by naming the token that is displaced', async () => {
      const { leases } = await made()
      await leases.acquire(key, owner('r1'), ttlMs)
      expect(await leases.takeOver(key, owner('r2'), ttlMs, 1)).toEqual({ granted: true, token: 2 })
      expect([await leases.isCurrent(key, 1), await leases.renew(key, 1, ttlMs)]).toEqual([false, false])
      expect(await leases.takeOver(key, owner('r3'), ttlMs, 1)).toMatchObject({
        granted: false,
        holder: { token: 2, owner: { runId: 'r2' } },
      })
      await leases.release(key, 2)
      expect(await leases.takeOver(key, owner('r3'), ttlMs, 1)).toEqual({ granted: true, token: 3 })
    })

    it('gives one key to one of many who ask at once', async () => {
      const { leases } = await made()
      const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => leases.acquire(key, owner(`r${number}`), ttlMs)))
      expect(answers.filter(({ granted }) => granted)).toEqual([{ granted: true, token: 1 }])
    })

    it('refuses a time that is none', async () => {
      const { leases } = await made()
      for (const wrong of [0, -1, 1.5, Number.NaN, Infinity]) {
        const error = await rejection(leases.acquire(key, owner('r1'), wrong), 'OPTIONS_INVALID')
        expect(error.message).toContain('ttlMs')
      }
    })
  })
}
