import { rmSync } from 'node:fs'
import { clearWorld } from '../world/claim.ts'
import { restoreWorld, saveWorld } from '../world/checkpoint.ts'
import { totalsSince } from '../world/customers.ts'
import { deploy, recordDeployment } from '../world/deploy.ts'
import { createWorld, type World } from '../world/world.ts'
import { eventually, temporaryFolder } from './helpers.ts'

export interface BadWorld extends World {
  readonly good: { readonly tag: string; readonly commit: string; readonly release: string }
  readonly bad: { readonly tag: string; readonly commit: string; readonly release: string }
  readonly restore: () => Promise<void>
  readonly end: () => Promise<void>
}

/** A shop in which 1.5.0 went out after 1.4.2 was seen good, with some orders that used discount codes. It can be brought back to that. */
export async function makeBadWorld(): Promise<BadWorld> {
  const root = temporaryFolder()
  const world = await createWorld(root)
  const { tag, commit, schema, name } = world.deployed
  await eventually(() => totalsSince(root, 0).ok > 5)
  recordDeployment(world.layout, { event: 'seen-good', tag, commit, schema, at: new Date().toISOString(), orders: 20, failed: 0 })
  const bad = await deploy(world.layout, world.settings, world.databaseUrl, 'v1.5.0')
  const since = Date.now() + 1000
  await eventually(() => totalsSince(root, since).ok > 5)
  await saveWorld(world)
  return {
    ...world,
    good: { tag, commit, release: name },
    bad: { tag: bad.tag, commit: bad.commit, release: bad.name },
    restore: () => restoreWorld(world),
    async end() {
      await clearWorld(world.layout)
      rmSync(root, { recursive: true })
    },
  }
}
