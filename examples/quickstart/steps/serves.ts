import { type CheckFactory, defineCheck } from '@backstep/core'
import * as z from 'zod'
import { shopClient } from './shop-client.ts'
import { type ShopPort, shopContacts } from './shop-port.ts'

export interface ServesOptions {
  readonly shop: string
  readonly commit: string
  readonly schema: number
}

/** Does the shop serve exactly this commit on exactly this schema? Asked of the server itself, not of what was deployed. */
export const serves: CheckFactory<ServesOptions, ShopPort, 'commit' | 'schema'> = defineCheck({
  kind: 'quickstart.serves',
  options: z.strictObject({ shop: z.string(), commit: z.string(), schema: z.int() }),
  late: ['commit', 'schema'],
  client: ({ shop }): ShopPort => shopClient(shop),
  contacts: shopContacts,
  target: () => ({ system: 'shop', name: 'shop' }),

  async sample({ options: { commit, schema }, client }, context) {
    const health = await client.health(context)
    const actual = `${health.commit.slice(0, 12)} on schema ${health.schema}`
    const expected = `${commit.slice(0, 12)} on schema ${schema}`
    const evidence = [context.evidence('served', actual, 'GET /health')]
    return actual === expected ? { status: 'healthy', evidence } : { status: 'unhealthy', evidence, expected, actual }
  },
})
