import type { Evidence } from './observation.ts'
import type { ContactObserver } from './contact.ts'
import type { Json, JsonObject } from './json.ts'
import type { Output } from './output.ts'
import type { Preparation } from './preparation.ts'
import type { SealedSecret, Secret } from './secret.ts'

/** Time as steps see it. Injected, so that fifteen minutes of observation test in milliseconds. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number
  /** Waits; rejects with the signal's reason when aborted. */
  readonly sleep: (milliseconds: number, abortSignal?: AbortSignal) => Promise<void>
}

/** Progress as data. Steps never print. */
export interface ProgressEvent {
  readonly message: string
  readonly done?: number
  readonly total?: number
}

/** A stream that is kept with the run: plain data, so it can stand in a snapshot or in `prepared`. */
export type BlobRef = { readonly blob: string; readonly bytes: number }

/** Everything that a step may use from outside itself. Nothing is global. */
export interface StepContext {
  /** Aborts on cancel, time-out or a lost lease. Hand it to every remote call. */
  readonly abortSignal: AbortSignal
  readonly clock: Clock
  readonly report: (event: ProgressEvent) => void
  /** The value of a secret, at the moment of use. Rejects with `SECRET_NOT_FOUND`. */
  readonly reveal: (secret: Secret) => Promise<string>
  /** Encrypts text that must stand in a snapshot although it is secret. */
  readonly seal: (plaintext: string) => Promise<SealedSecret>
  readonly unseal: (ciphertext: SealedSecret) => Promise<string>
  /** Makes a piece of evidence with the time of now. */
  readonly evidence: (what: string, value: string, source: string) => Evidence
  /** A private folder of this step in this run; made on first use, there again after a crash, gone when the run ends. Never put its path into a receipt. */
  readonly workDirectory: () => Promise<string>
  /** What this step noted earlier in this run (`ExecuteContext.note`), oldest first: process ids, operation URLs, queue ids. */
  readonly notes: readonly JsonObject[]
  /** Reads a stream that was kept with `PrepareContext.keep`. Rejects with `SNAPSHOT_MISSING` when it is gone or does not match its hash. */
  readonly open: (blob: BlobRef) => AsyncIterable<Uint8Array>
  /** Told of every contact. Steps do not call it: the port is wrapped. */
  readonly contacts: ContactObserver
}

export interface PrepareContext<P extends JsonObject = JsonObject, S extends Json = Json> extends StepContext {
  /** The value of an output. Steps do not call it: options named in `late` are already plain. */
  readonly read: <T extends Json>(output: Output<T>) => T
  /**
   * A random text made for this preparation. A step writes it, with the effect, into something that exists anyway (a history row, a
   * comment, an annotation, a session name), so that probe can tell its own effect from somebody else's. Handed back as `work.mark`.
   */
  readonly mark: string
  /** What was approved, when this is the second prepare: a step whose preparation is slow may return it while its guards still hold. */
  readonly approved: Preparation<P, never, S> | undefined
  /** Keeps a stream of any size with the run, encrypted, by hash. In a preview it is only counted and hashed. */
  readonly keep: (stream: AsyncIterable<Uint8Array>) => Promise<BlobRef>
}

export interface ExecuteContext extends StepContext {
  /** The same for every attempt of this step in this run and direction; another when the step is begun again after it was put back. */
  readonly idempotencyKey: string
  /** 1 for the first try. */
  readonly attempt: number
  /** The fencing token of a lease; it only grows. Put it into the write where the backend can compare it. */
  readonly fence: (leaseKey: string) => number
  /** Durable when it resolves; handed back in `notes` after a crash. */
  readonly note: (note: JsonObject) => Promise<void>
}
