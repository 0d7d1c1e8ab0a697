import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RollbackError } from '@backstep/core'
import pg from 'pg'
import { claimWorld, rememberOutside } from './claim.ts'
import { deploy, type Deployed } from './deploy.ts'
import { freePort } from './free-port.ts'
import { readJson, writeJson } from './json-file.ts'
import { layoutOf, type Layout, quickstartFolder, readShopSettings, type ShopSettings } from './layout.ts'
import { type RunningPostgres, startPostgres } from './postgres.ts'
import { startRecorded } from './processes.ts'
import { makeRepository } from './repository.ts'
import { askService } from './service-calls.ts'
import type { ServiceStatus } from './supervised-service.ts'

/** A shop that runs for real: a repository, a database, a server from a release folder, customers. */
export interface World {
  readonly layout: Layout
  readonly settings: ShopSettings
  /** With its password: only for the world itself. The plan says `secret('SHOP_DATABASE_URL')`. */
  readonly databaseUrl: string
}
export interface WorldOptions {
  readonly asRoot?: 'namespace' | 'nobody'
  /** Ends the set-up early; what was started by then is stopped by `clearWorld`. */
  readonly signal?: AbortSignal
  /** Told of each part when it is there. */
  readonly onReady?: (what: string) => void
}

const goodTag = 'v1.4.2'

/** Builds a world in a folder and starts it: release 1.4.2 serves customers when it resolves. */
export async function createWorld(root: string, options: WorldOptions = {}): Promise<World & { readonly deployed: Deployed }> {
  const layout = await claimWorld(root)
  const ready = options.onReady ?? (() => {})
  const [database] = await Promise.all([
    makeDatabase(layout, options).then((made) => {
      ready(`PostgreSQL on 127.0.0.1:${made.port}`)
      return made
    }),
    makeRepository(layout.repository).then(() => ready('a git repository with v1.4.2 and v1.5.0')),
  ])
  options.signal?.throwIfAborted()
  const world = await configure(layout, database)
  const deployed = await deploy(layout, world.settings, world.databaseUrl, goodTag)
  const running = await startSupervisor(world)
  ready(`${goodTag} on ${running.settings.shopUrl}`)
  startCustomers(running)
  return { ...running, deployed }
}

/** The world that another process of ours made. */
export function openWorld(root: string): World {
  const layout = layoutOf(root)
  const settings = readShopSettings(layout.shop)
  if (settings === undefined)
    throw new RollbackError('TARGET_NOT_FOUND', `${root} holds no world`, { hint: 'Start the quickstart without this option.' })
  return { layout, settings, databaseUrl: readFileSync(join(layout.secrets, 'SHOP_DATABASE_URL'), 'utf8').trim() }
}

async function makeDatabase(layout: Layout, options: WorldOptions): Promise<RunningPostgres & { readonly password: string }> {
  const password = randomBytes(18).toString('base64url')
  const places = { folder: layout.postgres, logFile: join(layout.logs, 'postgres.log'), processes: layout.processes }
  const postgres = await startPostgres({ ...places, password, ...options })
  rememberOutside(layout, postgres.outside)
  const client = new pg.Client({ host: '127.0.0.1', port: postgres.port, user: postgres.user, password, database: 'postgres' })
  await client.connect()
  await client.query('create database shop')
  await client.end()
  return { ...postgres, password }
}

async function configure(layout: Layout, { port, user, password }: RunningPostgres & { readonly password: string }): Promise<World> {
  const databaseUrl = `postgresql://${user}:${password}@127.0.0.1:${port}/shop`
  writeFileSync(join(layout.secrets, 'SHOP_DATABASE_URL'), `${databaseUrl}\n`, { mode: 0o600 })
  const shopUrl = `http://127.0.0.1:${await freePort()}`
  return { layout, databaseUrl, settings: { shopUrl, supervisorUrl: '', database: { host: '127.0.0.1', port, name: 'shop', user } } }
}

async function startSupervisor(world: World): Promise<World> {
  const { layout, settings } = world
  const args = [join(quickstartFolder, 'world', 'supervisor.ts'), layout.root, new URL(settings.shopUrl).port]
  const logFile = join(layout.logs, 'supervisor.log')
  startRecorded(layout.processes, 'supervisor', { command: process.execPath, args, cwd: layout.root, logFile })
  const supervisorUrl = await untilServed(layout, logFile)
  const complete = { ...settings, supervisorUrl }
  writeJson(join(layout.shop, 'shop.json'), complete)
  return { ...world, settings: complete }
}

async function untilServed(layout: Layout, logFile: string): Promise<string> {
  const deadline = performance.now() + 15_000
  while (performance.now() < deadline) {
    const { url } = readJson<{ url: string }>(join(layout.root, 'supervisor.json')) ?? {}
    const state = url === undefined ? undefined : (await askService<ServiceStatus>(`${url}/status`)).state
    if (url !== undefined && state === 'running') return url
    await sleep(20)
  }
  throw new RollbackError('TIMED_OUT', 'The shop did not start', { hint: `Read ${logFile} and shop.log beside it for the reason.` })
}

export function startCustomers({ layout, settings }: World): void {
  const args = [join(quickstartFolder, 'world', 'shopper.ts'), layout.root, settings.shopUrl]
  startRecorded(layout.processes, 'customers', {
    command: process.execPath,
    args,
    cwd: layout.root,
    logFile: join(layout.logs, 'customers.log'),
  })
}
