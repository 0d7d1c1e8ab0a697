const startedAtMs = Date.now()
const orders = { ok: 0, failed: 0, refused: 0 }
let inFlight = 0

export function count(result) {
  orders[result] += 1
}

/** Counts an order as in flight while it is worked on. */
export async function whileInFlight(work) {
  inFlight += 1
  try {
    return await work()
  } finally {
    inFlight -= 1
  }
}

export function ordersInFlight() {
  return inFlight
}

/** Counters since the start of this process, in the text format that Prometheus reads. */
export function asText() {
  return [
    '# TYPE shop_orders_total counter',
    ...Object.entries(orders).map(([result, total]) => `shop_orders_total{result="${result}"} ${total}`),
    '# TYPE shop_orders_in_flight gauge',
    `shop_orders_in_flight ${inFlight}`,
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${startedAtMs / 1000}`,
    '',
  ].join('\n')
}
