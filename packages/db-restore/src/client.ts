import type { ContactTable, StepContext } from '@backstep/core'
import { sqlContacts, type SqlClient } from '@backstep/postgres'
import type { Backup, BackupFacts } from './backup.ts'

/** What a call that starts a tool needs: the signal, and the folder in which marks, output and the password file are kept. */
export type ToolCall = StepContext

/** How a tool ended. It says nothing about the database: look at it. */
export interface ToolEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The end of what it printed as errors. */
  readonly errors: string
}

export interface DumpRequest {
  readonly database: string
  /** Where pg_dump writes: not yet the published name. */
  readonly path: string
  readonly format: 'custom' | 'directory'
  /** Parallel workers; more than one needs the directory format. */
  readonly jobs: number
  readonly lockTimeoutMs: number
  /** `application_name` of its sessions. */
  readonly sessionName: string
}

export interface RestoreRequest {
  /** An empty database that nobody else uses. */
  readonly database: string
  readonly backup: Backup
  /** 1: in one transaction. More: in parallel, which is faster and not atomic. */
  readonly jobs: number
  readonly keepsOwners: boolean
  readonly sessionName: string
}

/** What the file system says of one backup now. */
export interface BackupOnDisk {
  readonly path: string
  readonly bytes: number
  /** The newest of its files. */
  readonly modifiedAtMs: number
}

/** What stands beside a dump of ours: written before the dump gets its name, so whoever sees the dump sees this too. */
export type BackupNote = {
  readonly mark: string
  readonly sha256: string
  readonly bytes: number
  readonly takenAt: string
  readonly lsn: string
}

export interface PublishRequest {
  readonly from: string
  readonly to: string
  readonly note: BackupNote
}

/**
 * What the PostgreSQL steps need: sessions with a server, the command line tools, and the files of backups on this machine. A method that
 * writes is one statement, one process, or one file that appears whole.
 */
export interface PostgresRestoreClient extends SqlClient {
  /** Major version of `pg_dump` and `pg_restore`. */
  toolMajor(call: ToolCall): Promise<number>
  dump(request: DumpRequest, call: ToolCall): Promise<ToolEnd>
  restore(request: RestoreRequest, call: ToolCall): Promise<ToolEnd>
  /** Resolves when no tool that an earlier process of this run started under this name is at work any more. */
  settled(name: ToolName, call: ToolCall): Promise<void>
  /** Size and time of a file or folder; `undefined` when there is none. */
  onDisk(path: string, call: ToolCall): Promise<BackupOnDisk | undefined>
  /** Files and folders in a folder that look like backups by their first bytes, newest first. */
  list(folder: string, call: ToolCall): Promise<readonly BackupOnDisk[]>
  noteOf(path: string, call: ToolCall): Promise<BackupNote | undefined>
  /** What kind of backup it is and what its header says. Reads the beginning only. */
  describe(path: string, call: ToolCall): Promise<BackupFacts>
  /** Reads every byte, as a restore would, and hashes it. */
  readWhole(path: string, call: ToolCall): Promise<Backup>
  /** Free bytes where a file would be written. */
  freeBytes(folder: string, call: ToolCall): Promise<number>
  /** Gives a finished file or folder its name, note first. */
  publish(request: PublishRequest, call: ToolCall): Promise<void>
  /** Removes an unfinished file or folder of ours. */
  discard(path: string, call: ToolCall): Promise<void>
}

export type ToolName = 'pg_dump' | 'pg_restore'

export const postgresRestoreContacts: ContactTable<PostgresRestoreClient> = {
  connect: sqlContacts.connect,
  toolMajor: 'read',
  dump: 'process',
  restore: 'process',
  settled: 'read',
  onDisk: 'read',
  list: 'read',
  noteOf: 'read',
  describe: 'read',
  readWhole: 'read',
  freeBytes: 'read',
  publish: 'write',
  discard: 'write',
}
