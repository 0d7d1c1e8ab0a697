import { defineStep, type Position, RollbackError, type StepFactory } from '@backstep/core'
import * as z from 'zod'
import { shopClient } from './shop-client.ts'
import { shopError } from './shop-errors.ts'
import { type Service, type ShopPort, shopContacts } from './shop-port.ts'

export interface RestartServiceOptions {
  readonly shop: string
  /** The release that has to run afterwards. `current` must lead to it by then. */
  readonly commit: string
}
export type RestartServiceReceipt = { readonly instance: number; readonly release: string }

/**
 * Restarts the server so that it runs a release. Done is not "a restart was asked for" but "the process that serves was started from
 * that release": the supervisor compares and sets, and keeps our mark with the process, so a repeat finds its own restart.
 */
export const restartService: StepFactory<RestartServiceOptions, RestartServiceReceipt, 'reversible', ShopPort, 'commit'> = defineStep({
  kind: 'quickstart.restart-service',
  options: z.strictObject({ shop: z.string(), commit: z.string() }),
  late: ['commit'],
  prepared: z.object({ instance: z.int(), before: z.string(), after: z.string(), commit: z.string() }),
  receipt: z.object({ instance: z.int(), release: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write', layer: 'code' },
  client: ({ shop }): ShopPort => shopClient(shop),
  contacts: shopContacts,
  toRollbackError: shopError,
  target: () => ({ system: 'shop', name: 'server' }),

  async prepare({ options: { shop, commit }, client }, context) {
    const [service, releases] = await Promise.all([client.service(context), client.releases(context)])
    const after = releases.find((release) => release.commit === commit)?.name
    if (after === undefined) {
      throw new RollbackError('PRECONDITION_FAILED', `No release folder holds commit ${commit.slice(0, 12)}`, {
        hint: 'Unpack that release again from its tag, then preview again.',
      })
    }
    const resource = `service:${shop}/server`
    const isThere = service.release === after && service.state === 'running'
    return {
      prepared: { instance: service.instance, before: service.release, after, commit },
      summary: `Restart the server from ${after}`,
      changes: isThere ? [] : [{ resource, action: 'replace', before: service.release, after }],
      guards: [{ resource, property: 'instance', equals: String(service.instance) }],
      leases: [resource],
      risk: ['reversible'],
      estimate: { duration: '1s', downtime: '0s' },
    }
  },
  async probe({ prepared, mark, client }, context) {
    return positionOf(await client.service(context), prepared, mark)
  },
  async execute({ prepared, mark, client }, context) {
    const request = { expectInstance: prepared.instance, release: prepared.after, mark }
    return receiptOf(await client.restart(request, context))
  },
  async verify({ prepared, receipt, client }, context) {
    const [service, health] = await Promise.all([client.service(context), client.health(context)])
    const actual = `process ${health.pid} of instance ${service.instance} serves commit ${health.commit.slice(0, 12)}`
    const evidence = [context.evidence('server', actual, 'supervisor and GET /health')]
    const isTarget = service.instance === receipt.instance && service.pid === health.pid && health.commit === prepared.commit
    return isTarget
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: `commit ${prepared.commit.slice(0, 12)}`, actual }
  },
  async compensate({ prepared, mark, client }, context) {
    const now = await client.service(context)
    if (now.release !== prepared.before || now.state !== 'running') {
      // Going back, the link is turned after the server, so the supervisor is told not to look at it.
      const back = { expectInstance: expectedInstance(now, mark), release: prepared.before, mark: `${mark} back`, ignoresLink: true }
      receiptOf(await client.restart(back, context))
    }
    return { evidence: [context.evidence('server', `started from ${prepared.before}`, 'supervisor')] }
  },
})

function positionOf(
  now: Service,
  prepared: { readonly before: string; readonly after: string },
  mark: string,
): Position<RestartServiceReceipt> {
  const isOurs = now.mark === mark || now.mark === `${mark} back`
  if (now.state !== 'running' && isOurs) return { at: 'between', detail: `the server is ${now.state}` }
  if (now.state !== 'running') return { at: 'unknown', detail: `the server is ${now.state}, not by us` }
  if (now.release === prepared.after) return { at: 'after', receipt: { instance: now.instance, release: now.release } }
  if (now.release === prepared.before) return { at: 'before' }
  return { at: 'elsewhere', detail: `the server runs ${now.release}` }
}

/** Only a restart of ours is put back; the newest instance of somebody else is theirs. */
function expectedInstance(now: Service, mark: string): number {
  if (now.mark === mark || now.mark === `${mark} back`) return now.instance
  throw new RollbackError('DRIFTED', `The server was restarted by somebody else (${now.mark})`, {
    hint: 'Ask who did it, then decide by hand.',
  })
}

function receiptOf(service: Service & { readonly refused?: string }): RestartServiceReceipt {
  if (service.refused !== undefined)
    throw new RollbackError('DRIFTED', service.refused, { hint: 'Find out what changed, then preview again.' })
  if (service.state === 'running') return { instance: service.instance, release: service.release }
  throw new RollbackError('OUTCOME_UNKNOWN', `The server did not start from ${service.release}`, {
    hint: 'Read logs/shop.log in the shop folder, then resume.',
  })
}
