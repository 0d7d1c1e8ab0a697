import { RollbackError } from '@backstep/core'
import { totalsSince } from '../world/customers.ts'
import { deploy, recordDeployment } from '../world/deploy.ts'
import { createWorld, type World } from '../world/world.ts'
import { shareOfFailures, watchCustomers } from './customers-view.ts'
import { type Screen, seconds } from './screen.ts'

/** A world after the bad release went out. */
export interface BrokenShop extends World {
  readonly badTag: string
  /** When the bad release began to serve, in milliseconds since 1970. */
  readonly brokenSince: number
}

/** Builds the shop, shows that it works, rolls the bad release out, shows that it does not work any more. */
export async function setUp(screen: Screen, root: string, signal: AbortSignal): Promise<BrokenShop> {
  screen.section('A shop, for real', root)
  const start = performance.now()
  const world = await createWorld(root, { signal, onReady: (what) => screen.row(what, seconds(performance.now() - start)) })
  const { tag, commit, schema } = world.deployed

  screen.section(`${tag} serves customers`, 'orders a second')
  const goodSince = Date.now()
  await watchCustomers(screen, root, 3, signal)
  const { orders, failed } = totalsSince(root, goodSince)
  if (orders === 0 || failed > 0) {
    throw new RollbackError('PRECONDITION_FAILED', `${tag} was not seen good: ${failed} of ${orders} orders failed`, {
      hint: `Read ${world.layout.logs}/shop.log.`,
    })
  }
  recordDeployment(world.layout, { event: 'seen-good', tag, commit, schema, at: new Date().toISOString(), orders, failed })
  screen.line(screen.paint('dim', `the deploy tool notes: ${tag} was seen good, ${orders} orders, none failed`))

  screen.section('v1.5.0 goes out', 'migration V2, new release folder, restart')
  const bad = await deploy(world.layout, world.settings, world.databaseUrl, 'v1.5.0')
  const brokenSince = Date.now()
  screen.row(`${bad.tag} is deployed, schema ${bad.schema}`, `health check: ${await healthStatus(world)}`)
  await watchCustomers(screen, root, 4, signal)
  screen.line(screen.paint('red', `${shareOfFailures(totalsSince(root, brokenSince))}, and the health check still says ok`))
  return { ...world, badTag: bad.tag, brokenSince }
}

async function healthStatus({ settings }: World): Promise<string> {
  const { status } = (await (await fetch(`${settings.shopUrl}/health`)).json()) as { readonly status: string }
  return status
}
