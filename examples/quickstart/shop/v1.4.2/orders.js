/** Takes one order. Resolves with what the customer gets back. */
export async function placeOrder(pool, { customer, product, quantity }) {
  const { rows } = await pool.query('insert into orders (customer, product, quantity) values ($1, $2, $3) returning id', [
    customer,
    product,
    quantity,
  ])
  return { id: rows[0].id }
}

/** The newest orders. */
export async function newestOrders(pool) {
  const { rows } = await pool.query('select id, customer, product, quantity from orders order by id desc limit 10')
  return rows
}
