import type { ContactTable } from '@backstep/core'

export interface FlagVersion {
  readonly version: number
  readonly rules: string
  /** Free text that stands in the history of the flag. */
  readonly comment: string
}
interface Call {
  readonly abortSignal: AbortSignal
}
/** What the steps need of the flag service, and nothing more. One method is one call. */
export interface FlagClient {
  /** The newest version, or the one that is named. */
  read(flag: { readonly flag: string; readonly version?: number }, call: Call): Promise<FlagVersion | undefined>
  /** A new version with these rules. Refused when `ifVersion` is not the newest. */
  write(
    change: { readonly flag: string; readonly rules: string; readonly comment: string; readonly ifVersion: number },
    call: Call,
  ): Promise<FlagVersion>
}

export const flagContacts: ContactTable<FlagClient> = { read: 'read', write: 'write' }
