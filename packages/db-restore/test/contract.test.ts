import { secret } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { dumpDatabase, restoreBeside, retireDatabase, swapDatabases, type Backup } from '../src/index.ts'

const backup: Backup = {
  format: 'custom',
  path: '/backups/shop.dump',
  bytes: 10,
  modifiedAtMs: 1,
  sha256: 'a'.repeat(64),
  database: 'shop',
  serverVersion: '18.4',
  toolVersion: '18.4',
  tables: 2,
  owners: [],
  extensions: [],
}
const url = secret('PG_URL')
const steps = {
  dumpDatabase: dumpDatabase({ server: 'orders-db', url, database: 'shop', folder: '/backups' }),
  restoreBeside: restoreBeside({ server: 'orders-db', url, backup, as: 'shop_restored' }),
  swapDatabases: swapDatabases({ server: 'orders-db', url, live: 'shop', side: 'shop_restored', keepAs: 'shop_before' }),
  retireDatabase: retireDatabase({ server: 'orders-db', url, database: 'shop_before', live: 'shop' }),
}

describe('the steps', () => {
  it('say how dangerous they are before anything is contacted', () => {
    expect(Object.fromEntries(Object.entries(steps).map(([name, { risk }]) => [name, risk]))).toEqual({
      dumpDatabase: ['none'],
      restoreBeside: ['reversible'],
      swapDatabases: ['data-loss'],
      retireDatabase: ['point-of-no-return'],
    })
  })

  it('cannot be put back where nothing comes back, and can everywhere else', () => {
    const canGoBack = Object.fromEntries(
      Object.entries(steps).map(([name, step]) => [name, 'compensate' in step && step.compensate !== undefined]),
    )
    expect(canGoBack).toEqual({ dumpDatabase: false, restoreBeside: true, swapDatabases: true, retireDatabase: false })
  })

  it('refuse a URL that is a value, a relative folder, and a moment without a zone', () => {
    const value = 'postgresql://u:p@h/d' as never
    expect(() => swapDatabases({ server: 's', url: value, live: 'a', side: 'b', keepAs: 'c' })).toThrow(/secret\('NAME'\)/)
    expect(() => dumpDatabase({ server: 's', url, database: 'shop', folder: 'backups' })).toThrow(/absolute path/)
    expect(() => swapDatabases({ server: 's', url, live: 'a', side: 'b', keepAs: 'c', dataOf: '2026-11-22' as never })).toThrow(
      /moment in UTC/,
    )
  })
})
