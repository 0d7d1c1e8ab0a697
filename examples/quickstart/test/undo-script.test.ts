import { describe, expect, it } from 'vitest'
import { readUndoScript } from '../steps/undo-script.ts'

describe('readUndoScript', () => {
  it('lists what is dropped, in the order of the script', () => {
    const script = `-- back from V2; with a semicolon in the comment
      alter table orders drop constraint orders_known;
      ALTER TABLE orders
        DROP COLUMN discount_code; drop table vouchers;`
    expect(readUndoScript('U2.sql', script)).toEqual([
      { what: 'constraint', table: 'orders', constraint: 'orders_known' },
      { what: 'column', table: 'orders', column: 'discount_code' },
      { what: 'table', table: 'vouchers' },
    ])
  })

  it.each([
    'drop table vouchers cascade',
    'delete from orders',
    'alter table orders drop column a, drop column b',
    'update orders set customer = null',
    'drop schema public',
  ])('refuses what it cannot count: %s', (statement) => {
    expect(() => readUndoScript('U7.sql', `drop table a; ${statement};`)).toThrow(
      expect.objectContaining({ code: 'NOT_SUPPORTED', message: expect.stringContaining('U7.sql: cannot tell what') as string }),
    )
  })
})
