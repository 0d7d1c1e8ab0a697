import { defineQuery, type QueryFactory, RollbackError } from '@backstep/core'
import * as z from 'zod'
import { shopClient } from './shop-client.ts'
import { type ShopPort, shopContacts } from './shop-port.ts'

export interface FindLastGoodOptions {
  readonly shop: string
}
export type LastGood = {
  readonly tag: string
  readonly commit: string
  readonly schema: number
  readonly evidence: string
  readonly badTag: string
  readonly badCommit: string
  readonly badSchema: number
}

const deployment = z.discriminatedUnion('event', [
  z.object({ event: z.literal('deployed'), tag: z.string(), commit: z.string(), schema: z.int(), at: z.string() }),
  z.object({
    event: z.literal('seen-good'),
    tag: z.string(),
    commit: z.string(),
    schema: z.int(),
    at: z.string(),
    orders: z.int(),
    failed: z.int(),
  }),
])
type Deployment = z.infer<typeof deployment>

/**
 * Finds what to go back to: the newest release tag below the one that runs, of which the deploy tool has written down that it was seen
 * good under real orders, and whose tag still leads to the same commit. Going back to "the one before" is not enough: that one may
 * have been bad too, or was never finished.
 *
 * @throws RollbackError `TARGET_NOT_FOUND` when no such release is recorded.
 */
export const findLastGood: QueryFactory<FindLastGoodOptions, LastGood, ShopPort> = defineQuery({
  kind: 'quickstart.find-last-good',
  options: z.strictObject({ shop: z.string() }),
  result: z.object({
    tag: z.string(),
    commit: z.string(),
    schema: z.int(),
    evidence: z.string(),
    badTag: z.string(),
    badCommit: z.string(),
    badSchema: z.int(),
  }),
  client: ({ shop }): ShopPort => shopClient(shop),
  contacts: shopContacts,
  target: () => ({ system: 'shop', name: 'shop' }),

  async read({ client }, context) {
    const [tags, record] = await Promise.all([client.tags(context), client.readText('deployments.jsonl', context)])
    const deployments = parseRecord(record ?? '')
    const bad = deployments.findLast(({ event }) => event === 'deployed')
    if (bad === undefined) throw notFound('Nothing was ever deployed', 'Check the folder that was given as `shop`.')
    const good = deployments
      .filter((entry) => entry.event === 'seen-good')
      .filter(({ tag, commit }) => compareTags(tag, bad.tag) < 0 && tags.some((known) => known.tag === tag && known.commit === commit))
      .toSorted((a, b) => compareTags(a.tag, b.tag))
      .at(-1)
    if (good === undefined) throw notFound(`No release before ${bad.tag} was seen good`, 'Choose a release by hand, or fix forward.')
    const evidence = `${good.orders} orders, ${good.failed} failed, seen ${good.at}`
    const running = { badTag: bad.tag, badCommit: bad.commit, badSchema: bad.schema }
    return { tag: good.tag, commit: good.commit, schema: good.schema, evidence, ...running }
  },
})

function parseRecord(text: string): readonly Deployment[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => deployment.parse(JSON.parse(line)))
}

function notFound(message: string, hint: string): RollbackError {
  return new RollbackError('TARGET_NOT_FOUND', message, { hint })
}

/** By the three numbers of a version, as semver orders releases. */
function compareTags(a: string, b: string): number {
  const [left, right] = [a, b].map((tag) => tag.replace(/^v/, '').split('.').map(Number))
  const difference = [0, 1, 2].map((index) => (left?.[index] ?? 0) - (right?.[index] ?? 0)).find((delta) => delta !== 0)
  return difference ?? 0
}
