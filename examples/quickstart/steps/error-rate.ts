import { type CheckFactory, defineCheck, type Duration, durationMs } from '@backstep/core'
import * as z from 'zod'
import { shopClient } from './shop-client.ts'
import { type ShopPort, shopContacts } from './shop-port.ts'

export interface ErrorRateOptions {
  readonly shop: string
  /** Percent of orders that may fail. */
  readonly atMostPercent: number
  /** How long orders are counted for one answer. Default `'2s'`. */
  readonly window?: Duration | undefined
  /** Fewer orders than this say nothing. Default 5. */
  readonly atLeastOrders?: number | undefined
}

const duration = z.custom<Duration>((value) => typeof value === 'string' && /^\d+(ms|s|m)$/.test(value), {
  error: "expected a duration such as '2s'",
})

/**
 * The share of orders that fail, counted over a window from the server's own counters. Too few orders, or a server that was restarted in
 * the window, are no data: `unknown`, never healthy.
 */
export const errorRate: CheckFactory<ErrorRateOptions, ShopPort> = defineCheck({
  kind: 'quickstart.error-rate',
  options: z.strictObject({
    shop: z.string(),
    atMostPercent: z.number().min(0).max(100),
    window: duration.optional(),
    atLeastOrders: z.int().positive().optional(),
  }),
  client: ({ shop }): ShopPort => shopClient(shop),
  contacts: shopContacts,
  target: () => ({ system: 'shop', name: 'shop' }),

  async sample({ options: { atMostPercent, window = '2s', atLeastOrders = 5 }, client }, context) {
    const first = await client.orderCounters(context)
    await context.clock.sleep(durationMs(window), context.abortSignal)
    const last = await client.orderCounters(context)
    const failed = last.failed - first.failed
    const orders = failed + last.ok - first.ok
    const evidence = [context.evidence('orders', `${failed} of ${orders} orders failed`, 'GET /metrics')]
    if (first.processStartedAt !== last.processStartedAt)
      return { status: 'unknown', evidence: [], reason: 'the server was restarted while orders were counted' }
    if (orders < atLeastOrders)
      return { status: 'unknown', evidence, reason: `only ${orders} orders in ${window}, ${atLeastOrders} are needed to judge` }
    const percent = (100 * failed) / orders
    if (percent <= atMostPercent) return { status: 'healthy', evidence }
    return { status: 'unhealthy', evidence, expected: `at most ${atMostPercent} % failed`, actual: `${percent.toFixed(1)} % failed` }
  },
})
