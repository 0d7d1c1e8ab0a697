import { defineStep, RollbackError, type StepFactory } from '@backstep/core'
import * as z from 'zod'
import { shopClient } from './shop-client.ts'
import { shopError } from './shop-errors.ts'
import { type ShopPort, shopContacts } from './shop-port.ts'

export interface EnterMaintenanceOptions {
  readonly shop: string
  readonly reason: string
}
export type EnterMaintenanceReceipt = { readonly since: string }

const file = 'maintenance.json'
const besideOf = (mark: string): string => `maintenance.${mark}.part`
const content = z.object({ mark: z.string(), since: z.string(), reason: z.string() })

/**
 * While this file is there the shop answers every order with 503 and Retry-After, so nobody writes to the database. Used as the scope of
 * `during`: leaving is the compensation.
 *
 * A maintenance that somebody else has begun is left as it is, and stays when the scope is left.
 */
export const enterMaintenance: StepFactory<EnterMaintenanceOptions, EnterMaintenanceReceipt, 'reversible', ShopPort> = defineStep({
  kind: 'quickstart.enter-maintenance',
  options: z.strictObject({ shop: z.string(), reason: z.string() }),
  prepared: z.object({ alreadySince: z.string() }),
  receipt: z.object({ since: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', stopsWriters: true },
  client: ({ shop }): ShopPort => shopClient(shop),
  contacts: shopContacts,
  toRollbackError: shopError,
  target: () => ({ system: 'shop', name: 'shop' }),

  async prepare({ options: { shop }, client }, context) {
    const now = parse(await client.readText(file, context))
    const resource = `file:${shop}/${file}`
    return {
      prepared: { alreadySince: now?.since ?? '' },
      summary: 'Answer orders with 503 and Retry-After',
      changes: now === undefined ? [{ resource, action: 'create', before: 'orders are taken', after: 'orders get 503' }] : [],
      guards: [{ resource, property: 'mark', equals: now?.mark ?? 'none' }],
      leases: [resource],
      risk: ['reversible'],
      estimate: { duration: '1s', downtime: '2s' },
    }
  },
  async probe({ prepared, mark, client }, context) {
    const now = parse(await client.readText(file, context))
    if (now?.mark === mark || (now !== undefined && now.since === prepared.alreadySince))
      return { at: 'after', receipt: { since: now.since } }
    return now === undefined ? { at: 'before' } : { at: 'elsewhere', detail: `maintenance was begun by somebody else: ${now.reason}` }
  },
  async execute({ mark, options: { reason }, client }, context) {
    const since = new Date(context.clock.now()).toISOString()
    const text = `${JSON.stringify({ mark, since, reason })}\n`
    await client.createText({ path: file, text, beside: besideOf(mark) }, context)
    const now = parse(await client.readText(file, context))
    if (now?.mark === mark) return { since: now.since }
    throw new RollbackError('DRIFTED', 'Somebody else has begun a maintenance', { hint: 'Preview again: the plan then uses theirs.' })
  },
  async verify({ receipt, client }, context) {
    const [now, health] = await Promise.all([client.readText(file, context), client.health(context)])
    const since = parse(now)?.since ?? 'never'
    const actual = `${health.maintenance ? `maintenance since ${since}` : 'open'}, ${health.ordersInFlight} orders in flight`
    const evidence = [context.evidence('orders', actual, `${file} and GET /health`)]
    if (!health.maintenance || since !== receipt.since) {
      return { status: 'unhealthy', evidence, expected: `maintenance since ${receipt.since}`, actual }
    }
    return health.ordersInFlight === 0 ? { status: 'healthy', evidence } : { status: 'progressing', evidence, actual }
  },
  async compensate({ mark, client }, context) {
    const now = parse(await client.readText(file, context))
    if (now !== undefined && now.mark !== mark) {
      throw new RollbackError('DRIFTED', 'The maintenance that is on now is not ours', {
        hint: 'Ask who began it; remove maintenance.json when it may end.',
      })
    }
    await client.removeFile(besideOf(mark), context) // there when a process died while it entered
    await client.removeFile(file, context)
    return { evidence: [context.evidence('orders', 'taken again', file)] }
  },
})

function parse(text: string | undefined): z.infer<typeof content> | undefined {
  return text === undefined ? undefined : content.parse(JSON.parse(text))
}
