import type { BlobRef, RunRecord, SealedPlan } from '@backstep/core'

/**
 * Where runs are kept. Small on purpose: a directory of files and an in-memory store implement it here, a database can.
 *
 * One writer per run. Everything that a run knows is in its records, its sealed plan and its blobs.
 */
export interface RunStore {
  /** Makes a run and takes its lock. Throws `JOURNAL_CONFLICT` when the id exists. The sealed plan is durable when it resolves. */
  create(runId: string, plan: SealedPlan): Promise<RunWriter>
  /**
   * Takes the lock of a run and raises its epoch. Repairs a torn last record; refuses a bad one anywhere else.
   *
   * @throws RollbackError `RUN_NOT_FOUND`, also when the process that made the run ended before its first record; `LEASE_HELD` when another
   * live process writes to this run (its process id and host in the message); `JOURNAL_CORRUPT` with the line and what is wrong with it.
   */
  open(runId: string): Promise<RunWriter>
  /** Reads without the lock, also while another process writes. A torn last record is left out, not repaired. */
  read(runId: string): Promise<StoredRun>
  /** Ids of all runs, newest first. */
  list(): Promise<readonly string[]>
}

/** A run as it stands in the store. */
export interface StoredRun {
  readonly runId: string
  readonly plan: SealedPlan
  readonly records: readonly RunRecord[]
  /** Epoch of the last writer. */
  readonly epoch: number
  /** Hash of the last durable record: the head of the chain. */
  readonly head: string
  /** Only after `open` found a half-written last record: it was cut off the journal and kept in a file of its own. */
  readonly repaired?: RepairedTail
}

/** A last record that its writer could not finish, and so never acknowledged. */
export interface RepairedTail {
  /** Length of what was cut off. */
  readonly bytes: number
  /** Where these bytes are kept. */
  readonly keptIn: string
}

/** The one writer of a run. `records` are those found when it was opened; `head` moves with each append. */
export interface RunWriter extends StoredRun {
  /**
   * Durable when it resolves. Records of one call are written and synced together; calls that arrive while a sync is under way share the
   * next one. After a failed write or sync every later call fails too: what is on disk is then unknown to this process.
   *
   * @throws RollbackError `JOURNAL_CONFLICT` when another writer has written since, `INTERNAL` when a record is not plain data (nothing was
   * written, the writer goes on) and for a failed write or sync, with the system's error as cause.
   */
  append(records: readonly RunRecord[], options?: AppendOptions): Promise<void>
  /** Writes a stream, sealed, under the hash of its stored bytes; `bytes` is the length before sealing. Durable when it resolves. */
  putBlob(bytes: AsyncIterable<Uint8Array>): Promise<BlobRef>
  /** Throws `SNAPSHOT_MISSING` when it is not there or does not match its hash, before the first byte is handed out. */
  getBlob(blob: BlobRef): AsyncIterable<Uint8Array>
  /** A folder for one step, made on first use. */
  workDirectory(stepId: string): Promise<string>
  /** Adds a message to the outbox of this run; the same key twice is one message. Durable when it resolves. */
  queueNotice(notice: OutboxNotice): Promise<void>
  /** Messages of the outbox without a `notice.delivered` or `notice.undeliverable` record of their leaf, oldest first. */
  pendingNotices(): Promise<readonly OutboxNotice[]>
  /** Removes the scratch folders when `ended`; frees the lock. The records stay. */
  close(options?: { readonly ended?: boolean }): Promise<void>
}

export interface AppendOptions {
  /**
   * Nobody waits for these records: they are written, in order, together with the next ones that somebody waits for, or after a few
   * milliseconds. Default `false`.
   */
  readonly isLazy?: boolean
  /**
   * Nobody waits for these records, but what they say is known nowhere else: they are written at the end of this turn of the event loop,
   * in order, together with what was appended until then. Default `false`.
   */
  readonly atEndOfTurn?: boolean
}

/** A message as it waits in the outbox: plain data, secrets as references. */
export interface OutboxNotice {
  /** `<run id>/<leaf id>`: for dropping repeats. */
  readonly key: string
  readonly kind: string
  readonly options: unknown
  readonly queuedAt: number
}

/** Exclusive rights over targets, across processes. */
export interface LeaseStore {
  /**
   * Takes the lease or says who holds it; never waits for a holder. Granted when nobody holds it, when the holder's time has passed, and to
   * the run that holds it already (a resumed run). Every grant has a new token; the token of a key only grows, also over releases.
   */
  acquire(key: string, owner: LeaseOwner, ttlMs: number): Promise<LeaseGrant>
  /** Prolongs, also after its time has passed while nobody else took it. `false`: somebody else has it now, or it was released. */
  renew(key: string, token: number, ttlMs: number): Promise<boolean>
  release(key: string, token: number): Promise<void>
  /**
   * Takes the lease away from its holder: for a person, with a reason. The displaced holder's writes are refused from now on. Not granted
   * when the holder is no longer the one with `displacedToken`: look again first.
   */
  takeOver(key: string, owner: LeaseOwner, ttlMs: number, displacedToken: number): Promise<LeaseGrant>
  /** True while this token is the newest of its key and was not released. */
  isCurrent(key: string, token: number): Promise<boolean>
  /** What is held and not released, by key; also what nobody renewed in time. */
  list(): Promise<readonly LeaseHolding[]>
}
export interface LeaseOwner {
  readonly runId: string
  readonly host: string
  readonly pid: number
}
export type LeaseGrant = { readonly granted: true; readonly token: number } | { readonly granted: false; readonly holder: LeaseHolding }
export interface LeaseHolding {
  readonly key: string
  readonly token: number
  readonly owner: LeaseOwner
  /** Milliseconds since 1970. */
  readonly renewedAt: number
  readonly expiresAt: number
  /** Of a holder on this machine: whether its process still runs. Not enough to take the lease: its tools may outlive it. */
  readonly isAlive?: boolean
}

/** Turns snapshots into ciphertext and back. */
export interface Sealer {
  seal(plaintext: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  /** Throws `SNAPSHOT_MISSING` when the bytes were not made with this key or were changed. */
  unseal(ciphertext: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
}
