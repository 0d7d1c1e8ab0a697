import { RollbackError } from '../contract/errors.ts'

/** A record that cannot follow the ones before it. */
export function outOfOrder(record: { readonly type: string; readonly id?: string }, why: string): RollbackError {
  const what = record.id === undefined ? record.type : `${record.type} of ${record.id}`
  return new RollbackError('JOURNAL_CORRUPT', `The journal has ${what} where it cannot be: ${why}`, {
    hint: 'The journal was edited or belongs to another plan. Restore the run directory from a copy; do not edit it.',
  })
}
