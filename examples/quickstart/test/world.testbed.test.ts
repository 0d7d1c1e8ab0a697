import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clearWorld, isRunning } from '../world/claim.ts'
import { saveWorld, restoreWorld } from '../world/checkpoint.ts'
import { confirmedOrders, totalsSince } from '../world/customers.ts'
import { deploy } from '../world/deploy.ts'
import { layoutOf } from '../world/layout.ts'
import { livingProcesses, startTimeOf } from '../world/processes.ts'
import { createWorld, type World } from '../world/world.ts'
import { eventually, rowsOf, temporaryFolder } from './helpers.ts'

describe('a world', () => {
  let world: World
  const root = temporaryFolder()

  beforeAll(async () => {
    world = await createWorld(root)
  })
  afterAll(async () => {
    await clearWorld(world.layout)
    rmSync(root, { recursive: true, force: true })
  })

  it('serves customers with release 1.4.2', async () => {
    const health = (await (await fetch(`${world.settings.shopUrl}/health`)).json()) as object
    expect(health).toMatchObject({ status: 'ok', tag: 'v1.4.2', schema: 1, maintenance: false })
    await eventually(() => totalsSince(root, 0).ok > 10)
    expect(totalsSince(root, 0).failed).toBe(0)
  })

  it('asks for a password before it lets anybody into the database', async () => {
    const { hostname, port } = new URL(world.databaseUrl)
    await expect(rowsOf(`postgresql://shop:wrong@${hostname}:${port}/shop`, 'select 1')).rejects.toThrow(/password authentication failed/)
  })

  it('breaks for most customers when 1.5.0 goes out, although the health check says ok', async () => {
    const deployed = await deploy(world.layout, world.settings, world.databaseUrl, 'v1.5.0')
    const since = Date.now() + 1000
    await eventually(() => totalsSince(root, since).orders > 40)
    const { ok, failed } = totalsSince(root, since)
    const health = (await (await fetch(`${world.settings.shopUrl}/health`)).json()) as object
    expect(health).toMatchObject({ status: 'ok', tag: 'v1.5.0', commit: deployed.commit, schema: 2 })
    expect(failed).toBeGreaterThan(ok)
    expect(ok).toBeGreaterThan(0)
  })

  it('keeps every order that was confirmed to a customer', async () => {
    const confirmed = confirmedOrders(root).map(({ id }) => id)
    const stored = new Set((await rowsOf(world.databaseUrl, 'select id from orders')).map(({ id }) => String(id)))
    expect(confirmed.length).toBeGreaterThan(10)
    expect(confirmed.filter((id) => !stored.has(id))).toEqual([])
  })

  it('comes back to a saved state', async () => {
    const [before] = await rowsOf(world.databaseUrl, 'select count(*)::int as orders from orders')
    await saveWorld(world)
    await rowsOf(world.databaseUrl, 'drop table orders')
    writeFileSync(world.layout.maintenanceFile, '{}')
    await restoreWorld(world)
    const [after] = await rowsOf(world.databaseUrl, 'select count(*)::int as orders from orders')
    expect(after?.['orders']).toBeGreaterThanOrEqual(before?.['orders'] as number)
    expect(existsSync(world.layout.maintenanceFile)).toBe(false)
  })

  it('starts the server again when it crashes', async () => {
    const before = livingProcesses(world.layout.processes).find(({ name }) => name === 'shop')
    process.kill(before?.pid ?? 0, 'SIGKILL')
    const pidNow = async () => {
      const answer = await fetch(`${world.settings.shopUrl}/health`).catch(() => undefined)
      return answer === undefined ? before?.pid : ((await answer.json()) as { pid: number }).pid
    }
    await expect.poll(pidNow, { timeout: 20_000 }).not.toBe(before?.pid)
  })

  it('refuses a folder in which somebody else works', async () => {
    const script = `import { createWorld } from ${JSON.stringify(fileURLToPath(new URL('../world/world.ts', import.meta.url)))}
      createWorld(${JSON.stringify(root)}).then(() => process.exit(0), (error) => { console.log(error.code, error.message); process.exit(7) })`
    const { code, output } = await runScript(script)
    expect(output).toContain(`PRECONDITION_FAILED A quickstart runs in ${root} (process ${process.pid})`)
    expect(code).toBe(7)
  })

  it('stops every process that it started and removes database and secrets', async () => {
    const living = livingProcesses(world.layout.processes).filter(({ name }) => name !== 'owner')
    expect(living.map(({ name }) => name).toSorted()).toEqual(['customers', 'postgres', 'shop', 'supervisor'])
    await clearWorld(world.layout)
    expect(living.filter(({ pid, startedAt }) => startTimeOf(pid) === startedAt)).toEqual([])
    expect(existsSync(world.layout.postgres)).toBe(false)
    expect(existsSync(world.layout.secrets)).toBe(false)
  })
})

it('clears away what a killed quickstart left running, and starts in its place', async () => {
  const root = temporaryFolder()
  const { layout } = await leaveRunning(root)
  const left = livingProcesses(layout.processes)
  expect(left.length).toBe(4)
  const world = await createWorld(root)
  expect(left.filter(({ pid, startedAt }) => startTimeOf(pid) === startedAt)).toEqual([])
  expect(isRunning(world.layout)).toBe(true)
  await clearWorld(world.layout)
  rmSync(root, { recursive: true })
})

it('refuses a folder that holds other files, and leaves them alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-other-'))
  writeFileSync(join(folder, 'thesis.txt'), 'ten years')
  await expect(createWorld(folder)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED', hint: 'Name an empty or new folder.' })
  expect(readdirSync(folder)).toEqual(['thesis.txt'])
  rmSync(folder, { recursive: true })
})

it.runIf(process.getuid?.() === 0)('runs PostgreSQL as another user where namespaces are forbidden to root', async () => {
  const root = temporaryFolder()
  const world = await createWorld(root, { asRoot: 'nobody' })
  const [row] = await rowsOf(world.databaseUrl, 'select setting as folder from pg_settings where name = $1', ['data_directory'])
  const folder = String(row?.['folder'])
  expect(folder.startsWith(tmpdir())).toBe(true)
  await clearWorld(world.layout)
  expect(existsSync(folder)).toBe(false)
  rmSync(root, { recursive: true })
})

/** A world whose maker was killed. */
async function leaveRunning(root: string): Promise<World> {
  const script = `import { createWorld } from ${JSON.stringify(fileURLToPath(new URL('../world/world.ts', import.meta.url)))}
    const world = await createWorld(${JSON.stringify(root)})
    process.kill(process.pid, 'SIGKILL')`
  await runScript(script)
  return {
    layout: layoutOf(root),
    settings: { shopUrl: '', supervisorUrl: '', database: { host: '', port: 0, name: '', user: '' } },
    databaseUrl: '',
  }
}

function runScript(script: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')))
  return new Promise((resolve) => {
    child.on('close', (code) => void sleep(0).then(() => resolve({ code, output })))
  })
}
