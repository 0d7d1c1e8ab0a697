import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'
import type { Layout, ShopSettings } from './layout.ts'
import { applyMigrations } from './migrate.ts'
import { pointCurrentAt, type Release, unpackRelease } from './releases.ts'
import { askService } from './service-calls.ts'
import type { ServiceStatus } from './supervised-service.ts'

export interface Deployed extends Release {
  readonly schema: number
}

/** What the deploy tool writes down: each roll-out, and each release that was watched long enough to be called good. */
export type DeploymentRecord =
  | { readonly event: 'deployed'; readonly tag: string; readonly commit: string; readonly schema: number; readonly at: string }
  | {
      readonly event: 'seen-good'
      readonly tag: string
      readonly commit: string
      readonly schema: number
      readonly at: string
      readonly orders: number
      readonly failed: number
    }

export function recordDeployment(layout: Layout, record: DeploymentRecord): void {
  appendFileSync(layout.deploymentsFile, `${JSON.stringify(record)}\n`)
}

/**
 * Rolls a release out as the shop's pipeline does: migrations, release folder, link, restart. Like many pipelines it calls the
 * release good to go when the health check answers.
 */
export async function deploy(layout: Layout, settings: ShopSettings, databaseUrl: string, tag: string): Promise<Deployed> {
  const release = await unpackRelease(layout, tag)
  const schema = await applyMigrations(databaseUrl, join(layout.releases, release.name, 'migrations'), `deploy ${tag}`)
  const isFirst = !existsSync(layout.currentLink)
  pointCurrentAt(layout, release.name)
  if (!isFirst) await restart(settings, release.name)
  recordDeployment(layout, { event: 'deployed', tag, commit: release.commit, schema, at: new Date().toISOString() })
  return { ...release, schema }
}

async function restart({ supervisorUrl }: ShopSettings, release: string): Promise<void> {
  const { instance } = await askService<ServiceStatus>(`${supervisorUrl}/status`)
  const request = { expectInstance: instance, release, mark: `deploy ${release}` }
  const status = await askService<ServiceStatus>(`${supervisorUrl}/restart`, request)
  if (status.state === 'running') return
  throw new RollbackError('REJECTED', `${release} did not start: ${status.state}`, { hint: 'Read logs/shop.log in the shop folder.' })
}
