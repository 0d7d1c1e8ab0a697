import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { ContactTable } from '@backstep/core'

/** Everything that the step asks of the disk or does to it. One method is one call. */
export interface Files {
  read(path: string): Promise<string>
  write(path: string, text: string): Promise<void>
  /** Readers of `to` get the old file or the new one, never half of one. */
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

export const fileContacts: ContactTable<Files> = { read: 'read', write: 'write', rename: 'write', remove: 'write' }

export function localFiles(): Files {
  return {
    read: (path) => readFile(path, 'utf8'),
    write: (path, text) => writeFile(path, text, { flush: true }),
    rename,
    remove: (path) => rm(path, { force: true }),
  }
}
