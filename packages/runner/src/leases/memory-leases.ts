import type { Clock } from '@backstep/core'
import type { LeaseStore } from '../store.ts'
import { leaseStore } from './lease-store.ts'
import type { LeaseRow, LeaseTable } from './lease-table.ts'

/** Leases among the users of one object, for tests and for programs whose only runner is this process. */
export function memoryLeases(options: { readonly clock?: Pick<Clock, 'now'> } = {}): LeaseStore {
  return leaseStore(memoryTable(), options.clock?.now ?? Date.now)
}

function memoryTable(): LeaseTable {
  const rows = new Map<string, LeaseRow>()
  return {
    update: async (key, _options, change) => {
      const { result, row } = change(rows.get(key))
      if (row !== undefined) rows.set(key, structuredClone(row))
      return result
    },
    read: async (key) => rows.get(key),
    all: async () => [...rows.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  }
}
