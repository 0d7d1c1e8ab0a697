import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { System } from './system.ts'

/** Where everything is kept: outside of every checkout, so that a fresh clone finds what another one has built. */
export function cacheFolder(): string {
  return resolve(
    process.env['BACKSTEP_TESTBED_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'backstep-testbed'),
  )
}

/** `<cache>/<system>/<version>-<hash of what decides what is installed>` */
export function installedFolder(system: System): string {
  return join(cacheFolder(), system.name, installKey(system))
}

function installKey(system: System): string {
  const inputs = [process.platform, process.arch, ...(system.installation?.inputs ?? [])]
  return `${system.version}-${shortHash(inputs)}`
}

/** Names what a running instance is made of: another version of a part, or other flags, is another instance. */
export function instanceKey(system: System): string {
  const all = withParts(system)
  return shortHash(all.flatMap((part) => [part.name, installKey(part), ...(part.startInputs ?? [])]))
}

/** Running instances, one folder each. */
export function runningFolder(): string {
  return join(cacheFolder(), 'running')
}

export function lockFile(name: string): string {
  return join(cacheFolder(), 'locks', `${name}.sqlite`)
}

/** The system after all that it is made of, in the order in which they are installed and started. */
export function withParts(system: System): readonly System[] {
  return [...new Set([...(system.parts ?? []).flatMap(withParts), system])]
}

function shortHash(texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text.length}:`).update(text)
  return hash.digest('hex').slice(0, 10)
}
