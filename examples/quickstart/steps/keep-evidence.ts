import { defineStep, RollbackError, type StepFactory } from '@backstep/core'
import * as z from 'zod'
import { shopClient } from './shop-client.ts'
import { shopError } from './shop-errors.ts'
import { type ShopPort, shopContacts } from './shop-port.ts'

export interface KeepEvidenceOptions {
  readonly shop: string
  /** How much of the end of the log is kept. Default 65,536. */
  readonly logBytes?: number | undefined
}
export type KeepEvidenceReceipt = { readonly file: string; readonly failedOrders: number }

const evidenceFile = z.object({ failedOrders: z.int() })

/**
 * Keeps what the analysis will need and the rollback would destroy: who runs, the counters of this process, the end of the log, the
 * deployments so far.
 *
 * Risk `none`: it adds one new file beside the shop and changes nothing that serves customers. It is not taken back when the plan is:
 * what was seen stays seen.
 */
export const keepEvidence: StepFactory<KeepEvidenceOptions, KeepEvidenceReceipt, 'none', ShopPort> = defineStep({
  kind: 'quickstart.keep-evidence',
  options: z.strictObject({ shop: z.string(), logBytes: z.int().positive().default(65_536) }),
  prepared: z.object({ commit: z.string() }),
  receipt: z.object({ file: z.string(), failedOrders: z.int() }),
  traits: { risk: 'none', idempotency: 'natural', fencing: 'lease-only' },
  client: ({ shop }): ShopPort => shopClient(shop),
  contacts: shopContacts,
  toRollbackError: shopError,
  target: () => ({ system: 'shop', name: 'shop' }),

  async prepare({ options: { shop }, client }, context) {
    const { tag, commit } = await client.health(context)
    return {
      prepared: { commit },
      summary: `Keep log, counters and deployments of ${tag}`,
      changes: [{ resource: `file:${shop}/evidence`, action: 'create', after: `evidence of ${commit.slice(0, 12)}` }],
      guards: [],
      leases: [`file:${shop}/evidence`],
      risk: [],
      estimate: { duration: '1s', downtime: '0s' },
    }
  },
  async probe({ mark, client }, context) {
    const text = await client.readText(fileOf(mark), context)
    return text === undefined ? { at: 'before' } : { at: 'after', receipt: receiptOf(mark, text) }
  },
  async execute({ mark, options: { logBytes }, client }, context) {
    const earlier = await client.readText(fileOf(mark), context)
    if (earlier !== undefined) return receiptOf(mark, earlier)
    const [health, counters, deployments, log] = await Promise.all([
      client.health(context),
      client.orderCounters(context),
      client.readText('deployments.jsonl', context),
      client.readTail('logs/shop.log', logBytes, context),
    ])
    const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')
    const at = new Date(context.clock.now()).toISOString()
    const kept = { at, failedOrders: counters.failed, health, counters, deployments: lines(deployments ?? ''), log: lines(log) }
    const text = `${JSON.stringify(kept, null, 2)}\n`
    await client.replaceText({ path: fileOf(mark), text, beside: `${fileOf(mark)}.part` }, context)
    return receiptOf(mark, text)
  },
  async verify({ receipt, client }, context) {
    const isThere = (await client.readText(receipt.file, context)) !== undefined
    const evidence = [context.evidence('evidence', receipt.file, 'evidence folder')]
    return isThere ? { status: 'healthy', evidence } : { status: 'unhealthy', evidence, expected: receipt.file, actual: 'no such file' }
  },
})

const fileOf = (mark: string): string => `evidence/${mark.replaceAll(/[^\w-]/g, '-')}.json`

function receiptOf(mark: string, text: string): KeepEvidenceReceipt {
  const parsed = evidenceFile.safeParse(text === '' ? undefined : JSON.parse(text))
  if (parsed.success) return { file: fileOf(mark), failedOrders: parsed.data.failedOrders }
  throw new RollbackError('OUTCOME_UNKNOWN', `${fileOf(mark)} is not what was written`, {
    hint: 'Look at the file, remove it, then resume.',
  })
}
