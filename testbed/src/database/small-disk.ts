import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemProcesses } from '../instance.ts'
import { plainName } from '../start-context.ts'
import { TestbedError } from '../system.ts'

const ownMounts = ['-U', '--map-root-user', '-m']
const ballast = 'ballast'
const leftBytes = 64 * 1024

/** A disk of a given size is a memory file system in a mount namespace of its own: no right over the machine is needed for it. */
export async function requireSmallDisk(): Promise<void> {
  try {
    await promisify(execFile)('unshare', [...ownMounts, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])
  } catch (cause) {
    throw new TestbedError('this machine allows no mount in a namespace of its own', { hint: 'Use Linux with user namespaces.', cause })
  }
}

/**
 * The command that mounts the disk at `<folder>/disk`, runs `prepare` on it and becomes `server`. Both are run as an ordinary user; the mount is seen
 * by them and their children alone, and is gone when they are.
 */
export function onSmallDisk(
  folder: string,
  megabytes: number,
  prepare: readonly string[],
  server: readonly string[],
): readonly [string, ...string[]] {
  const disk = join(folder, 'disk')
  mkdirSync(disk, { recursive: true })
  const quoted = (words: readonly string[]): string => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  const inside = `${quoted(prepare)} && exec ${quoted(server)}`
  const mounting = `mount -t tmpfs -o size=${megabytes}m tmpfs ${quoted([disk])} && exec unshare -U --map-user=1000 --map-group=1000 sh -c ${quoted([inside])}`
  return ['unshare', ...ownMounts, 'sh', '-c', mounting]
}

/** Fills the disk of the server in that folder, seen through its process. The returned function makes room again. */
export async function fillDisk(folder: string, dataFolder: string): Promise<() => Promise<void>> {
  const server = systemProcesses(folder).find(({ name }) => plainName(name) === 'postgres')
  const disk = join(folder, 'disk')
  if (server === undefined || !dataFolder.startsWith(disk)) {
    throw new TestbedError('the server has no disk of its own', { hint: 'Start it with diskMegabytes.' })
  }
  const seen = join('/proc', String(server.pid), 'root', disk)
  await stat(seen)
  const { bavail, bsize } = await statfs(seen)
  await writeFile(join(seen, ballast), Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
  return () => rm(join(seen, ballast), { force: true })
}
