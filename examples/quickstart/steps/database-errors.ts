import { plainCause, RollbackError } from '@backstep/core'
import type { SqlError } from './database-port.ts'

/** Classes 08 and 57P and no code at all are the connection: in doubt. Any other code inside a transaction: rolled back, nothing happened. */
export function databaseError(error: SqlError): RollbackError {
  const { sqlState, message } = error
  const cause = plainCause(error)
  if (sqlState === undefined || sqlState.startsWith('08') || sqlState.startsWith('57P')) {
    return new RollbackError('BACKEND_UNAVAILABLE', `The database cannot be reached: ${message}`, {
      hint: 'Check that the server runs, then resume.',
      cause,
    })
  }
  if (['55P03', '40P01', '40001'].includes(sqlState)) {
    return new RollbackError('LEASE_HELD', `Another session holds a lock: ${message}`, {
      hint: 'It is tried again; look into pg_stat_activity if it stays.',
      cause,
    })
  }
  if (sqlState === 'XX000') {
    return new RollbackError('BACKEND_UNAVAILABLE', `The catalog changed while it was read: ${message}`, {
      hint: 'It is read again.',
      effect: 'none',
      cause,
    })
  }
  if (sqlState === '42501' || sqlState.startsWith('28')) {
    return new RollbackError('PERMISSION_DENIED', message, { hint: 'Use a role that owns the tables of the shop.', cause })
  }
  return new RollbackError('REJECTED', `${sqlState} ${message}`, {
    hint: 'The database refused a statement and took everything back; correct the script.',
    cause,
  })
}
