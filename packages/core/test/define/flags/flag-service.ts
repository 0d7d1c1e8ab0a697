import type { FlagClient, FlagVersion } from './flag-client.ts'
import { FlagServiceError } from './flag-errors.ts'

/** A flag service in memory: versions are only ever added. */
export class FlagService implements FlagClient {
  readonly versions: FlagVersion[]

  constructor(...rules: readonly string[]) {
    this.versions = rules.map((text, index) => ({ version: index + 1, rules: text, comment: 'by hand' }))
  }

  read: FlagClient['read'] = async ({ version }) =>
    version === undefined ? this.versions.at(-1) : this.versions.find((one) => one.version === version)

  write: FlagClient['write'] = async ({ rules, comment, ifVersion }) => {
    if (this.versions.at(-1)?.version !== ifVersion) throw new FlagServiceError(409)
    const made = { version: ifVersion + 1, rules, comment }
    this.versions.push(made)
    return made
  }
}
