import type { ContactTable, StepContext } from '@backstep/core'

/** What a Redis server says of itself. */
export interface RedisFacts {
  readonly version: string
  readonly role: string
  readonly replicas: number
  readonly isCluster: boolean
  readonly isLoading: boolean
  /** Keys of all databases. */
  readonly keys: number
  readonly dir: string
  readonly dbfilename: string
  readonly isAppendOnly: boolean
  /** The append only file, or, from Redis 7 on, its folder; inside of `dir`. */
  readonly appendOnlyName: string
}

/** A snapshot file: `dump.rdb`. */
export type RedisBackup = {
  readonly path: string
  readonly bytes: number
  readonly modifiedAtMs: number
  readonly sha256: string
  readonly format: number
}

/** The files that one restore moves, all inside of the server's `dir`. */
export type RedisFileSet = {
  readonly dir: string
  readonly dbfilename: string
  readonly isAppendOnly: boolean
  readonly appendOnlyName: string
  /** Redis 7 and newer keep a folder with a manifest. */
  readonly hasManifest: boolean
  /** The folder of this restore in `dir`: `backstep-<mark>`. */
  readonly folder: string
}

/** How far a restore has come, by flags that are written when a phase is whole. */
export type RedisPhase = 'none' | 'begun' | 'set-aside' | 'placed' | 'returning' | 'returned'

/**
 * What the Redis step needs: the server by its protocol, its start by a command, and its files on this machine. Moving files aside or into place
 * is one contact, and doing it again finishes what a crash has left.
 */
export interface RedisRestoreClient {
  /** `undefined` when nobody listens at the address. */
  facts(call: StepContext): Promise<RedisFacts | undefined>
  backup(path: string, call: StepContext): Promise<RedisBackup | undefined>
  phase(files: RedisFileSet, call: StepContext): Promise<RedisPhase>
  /** `SHUTDOWN SAVE`: what is in memory is on disk, then the server is gone. */
  stop(call: StepContext): Promise<void>
  start(call: StepContext): Promise<void>
  setAside(files: RedisFileSet, call: StepContext): Promise<void>
  place(files: RedisFileSet, backup: RedisBackup, call: StepContext): Promise<void>
  putBack(files: RedisFileSet, call: StepContext): Promise<void>
}

export const redisRestoreContacts: ContactTable<RedisRestoreClient> = {
  facts: 'read',
  backup: 'read',
  phase: 'read',
  stop: 'write',
  start: 'process',
  setAside: 'write',
  place: 'write',
  putBack: 'write',
}
