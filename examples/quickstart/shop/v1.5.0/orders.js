/** Takes one order, with a discount code when there is one, and thanks the customer with a voucher for the next. */
export async function placeOrder(pool, { customer, product, quantity, discountCode }) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const { rows } = await client.query(
      'insert into orders (customer, product, quantity, discount_code) values ($1, $2, $3, $4) returning id',
      [customer, product, quantity, discountCode ?? null],
    )
    const voucher = `THANKS-${rows[0].id}`
    await client.query('insert into vouchers (code, percent) values ($1, 5)', [voucher])
    await client.query('commit')
    return { id: rows[0].id, voucher }
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

/** The newest orders. */
export async function newestOrders(pool) {
  const { rows } = await pool.query('select id, customer, product, quantity, discount_code from orders order by id desc limit 10')
  return rows
}
