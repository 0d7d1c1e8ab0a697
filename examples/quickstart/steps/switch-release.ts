import { defineStep, RollbackError, type StepContext, type StepFactory } from '@backstep/core'
import * as z from 'zod'
import { shopClient } from './shop-client.ts'
import { shopError } from './shop-errors.ts'
import { type ShopPort, shopContacts } from './shop-port.ts'

export interface SwitchReleaseOptions {
  readonly shop: string
  readonly commit: string
}
export type SwitchReleaseReceipt = { readonly release: string }

/**
 * Points the link `current` at the release folder of a commit, by the rename of a new link: whoever starts from `current` gets the old
 * release or the new one, never none. The running server does not notice; see `restartService`.
 */
export const switchRelease: StepFactory<SwitchReleaseOptions, SwitchReleaseReceipt, 'reversible', ShopPort, 'commit'> = defineStep({
  kind: 'quickstart.switch-release',
  options: z.strictObject({ shop: z.string(), commit: z.string() }),
  late: ['commit'],
  prepared: z.object({ before: z.string(), after: z.string() }),
  receipt: z.object({ release: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', layer: 'code' },
  client: ({ shop }): ShopPort => shopClient(shop),
  contacts: shopContacts,
  toRollbackError: shopError,
  target: () => ({ system: 'shop', name: 'current' }),

  async prepare({ options: { shop, commit }, client }, context) {
    const [releases, before] = await Promise.all([client.releases(context), client.currentRelease(context)])
    const after = releases.find((release) => release.commit === commit)?.name
    if (before === undefined)
      throw new RollbackError('TARGET_NOT_FOUND', `${shop} has no link current`, { hint: 'Check the folder that was given as `shop`.' })
    if (after === undefined) {
      throw new RollbackError('PRECONDITION_FAILED', `No release folder holds commit ${commit.slice(0, 12)}`, {
        hint: 'Unpack that release again from its tag, then preview again.',
      })
    }
    const resource = `link:${shop}/current`
    return {
      prepared: { before, after },
      summary: `Point current at ${after}`,
      changes: before === after ? [] : [{ resource, action: 'update', before, after }],
      guards: [{ resource, property: 'leads to', equals: before }],
      leases: [resource],
      risk: ['reversible'],
      estimate: { duration: '1s', downtime: '0s' },
    }
  },
  async probe({ prepared, client }, context) {
    const now = await client.currentRelease(context)
    if (now === prepared.after) return { at: 'after', receipt: { release: now } }
    return now === prepared.before ? { at: 'before' } : { at: 'elsewhere', detail: `current leads to ${now ?? 'nothing'}` }
  },
  async execute({ prepared, mark, client }, context) {
    await turn(client, { from: prepared.before, to: prepared.after, beside: `current.${mark}` }, context)
    return { release: prepared.after }
  },
  async verify({ receipt, client }, context) {
    const now = (await client.currentRelease(context)) ?? 'nothing'
    const evidence = [context.evidence('current', now, 'link')]
    return now === receipt.release
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: receipt.release, actual: now }
  },
  async compensate({ prepared, mark, client }, context) {
    await turn(client, { from: prepared.after, to: prepared.before, beside: `current.${mark}` }, context)
    return { evidence: [context.evidence('current', prepared.before, 'link')] }
  },
})

async function turn(
  client: ShopPort,
  link: { readonly from: string; readonly to: string; readonly beside: string },
  context: StepContext,
): Promise<void> {
  const now = await client.currentRelease(context)
  if (now === link.to) return
  if (now !== link.from) {
    throw new RollbackError('DRIFTED', `current leads to ${now ?? 'nothing'}, not to ${link.from}`, {
      hint: 'Find out who moved it, then preview again.',
    })
  }
  await client.switchCurrent({ release: link.to, beside: link.beside }, context)
}
