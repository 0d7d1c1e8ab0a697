import { RollbackError } from '@backstep/core'
import type { Clock } from '@backstep/core'
import type { LeaseGrant, LeaseHolding, LeaseOwner, LeaseStore } from '../store.ts'
import type { LeaseChange, LeaseRow, LeaseTable } from './lease-table.ts'
import { isRunning, processStart } from './process-identity.ts'

/** The rules of leases over any table: `fileLeases` and `memoryLeases` are this. */
export function leaseStore(table: LeaseTable, now: Clock['now']): LeaseStore {
  const grant = async (
    key: string,
    owner: LeaseOwner,
    ttlMs: number,
    isFree: (row: LeaseRow, nowMs: number) => boolean,
  ): Promise<LeaseGrant> => {
    assertPositive('ttlMs', ttlMs)
    const start = await processStart(owner)
    const answer = await table.update(key, { isDurable: true }, (row): LeaseChange<number | LeaseRow> => {
      const nowMs = now()
      if (row !== undefined && !row.isReleased && !isFree(row, nowMs)) return { result: row }
      const token = (row?.token ?? 0) + 1
      const kept = { key, token, owner, renewedAt: nowMs, expiresAt: nowMs + ttlMs, isReleased: false }
      return { result: token, row: start === undefined ? kept : { ...kept, processStart: start } }
    })
    return typeof answer === 'number' ? { granted: true, token: answer } : { granted: false, holder: await holding(answer) }
  }
  return {
    acquire: (key, owner, ttlMs) => grant(key, owner, ttlMs, (row, nowMs) => row.expiresAt <= nowMs || row.owner.runId === owner.runId),
    takeOver: (key, owner, ttlMs, displacedToken) => grant(key, owner, ttlMs, (row) => row.token === displacedToken),
    renew: async (key, token, ttlMs) => {
      assertPositive('ttlMs', ttlMs)
      return table.update(key, { isDurable: false }, (row) => {
        if (!isHeld(row, token)) return { result: false }
        const nowMs = now()
        return { result: true, row: { ...row, renewedAt: nowMs, expiresAt: nowMs + ttlMs } }
      })
    },
    release: (key, token) =>
      table.update(key, { isDurable: true }, (row) =>
        isHeld(row, token) ? { result: undefined, row: { ...row, isReleased: true } } : { result: undefined },
      ),
    isCurrent: async (key, token) => isHeld(await table.read(key), token),
    list: async () => Promise.all((await table.all()).filter((row) => !row.isReleased).map(holding)),
  }
}

function isHeld(row: LeaseRow | undefined, token: number): row is LeaseRow {
  return row !== undefined && !row.isReleased && row.token === token
}

async function holding({ key, token, owner, renewedAt, expiresAt, processStart: start }: LeaseRow): Promise<LeaseHolding> {
  const isAlive = await isRunning(owner, start)
  const held = { key, token, owner, renewedAt, expiresAt }
  return isAlive === undefined ? held : { ...held, isAlive }
}

function assertPositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return
  throw new RollbackError('OPTIONS_INVALID', `${name} is ${value}, which is no positive whole number of milliseconds`, {
    hint: `Pass ${name} in milliseconds: 30000 for half a minute.`,
  })
}
