import { copyFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { RollbackError } from '@backstep/core'
import pg from 'pg'
import { customersFolder } from './customers.ts'
import { readJson, writeJson } from './json-file.ts'
import type { Layout } from './layout.ts'
import { recordedProcess, stopRecorded } from './processes.ts'
import { currentRelease, pointCurrentAt } from './releases.ts'
import { askService } from './service-calls.ts'
import type { ServiceStatus } from './supervised-service.ts'
import { startCustomers, type World } from './world.ts'

const savedDatabase = 'shop_saved'
const savedRelease = (layout: Layout): string => join(layout.root, 'saved.json')

/** Remembers how the shop is now, so that `restoreWorld` can bring it back in a second. Customers see a short interruption. */
export async function saveWorld(world: World): Promise<void> {
  const { layout } = world
  await withMaintenanceDatabase(world, async (client) => {
    await client.query('alter database shop allow_connections false')
    await client.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = 'shop'")
    await client.query(`create database ${savedDatabase} template shop`)
    await client.query('alter database shop allow_connections true')
  })
  copyFileSync(layout.deploymentsFile, `${layout.deploymentsFile}.saved`)
  writeJson(savedRelease(layout), { release: currentRelease(layout)?.name })
}

/** Brings the shop back to what `saveWorld` remembered: database, link, server, deployments. Runs, evidence and orders since then are gone. */
export async function restoreWorld(world: World): Promise<void> {
  const { layout } = world
  const customers = recordedProcess(layout.processes, 'customers')
  if (customers !== undefined) await stopRecorded(layout.processes, customers)
  await withMaintenanceDatabase(world, async (client) => {
    await client.query('drop database if exists shop with (force)')
    await client.query(`create database shop template ${savedDatabase}`)
  })
  const parts = readdirSync(layout.shop).filter((name) => name.endsWith('.part') || name.startsWith('current.'))
  for (const gone of [
    ...parts.map((name) => join(layout.shop, name)),
    layout.maintenanceFile,
    layout.evidence,
    layout.runs,
    layout.report,
    customersFolder(layout.root),
  ]) {
    rmSync(gone, { recursive: true, force: true })
  }
  copyFileSync(`${layout.deploymentsFile}.saved`, layout.deploymentsFile)
  const { release = '' } = readJson<{ release: string }>(savedRelease(layout)) ?? {}
  pointCurrentAt(layout, release)
  await restart(world, release)
  startCustomers(world)
}

async function restart({ settings }: World, release: string): Promise<void> {
  const { instance } = await askService<ServiceStatus>(`${settings.supervisorUrl}/status`)
  const mark = `restore ${instance + 1}`
  const { state } = await askService<ServiceStatus>(`${settings.supervisorUrl}/restart`, { expectInstance: instance, release, mark })
  if (state !== 'running') throw new RollbackError('REJECTED', `The shop is ${state}`, { hint: 'Read logs/shop.log in the shop folder.' })
}

async function withMaintenanceDatabase(world: World, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const url = new URL(world.databaseUrl)
  url.pathname = '/postgres'
  const client = new pg.Client({ connectionString: url.href, application_name: 'quickstart world' })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
