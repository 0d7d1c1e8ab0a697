import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  RollbackError,
  type Clock,
  type ContactObserver,
  type ExecuteContext,
  type Instant,
  type Json,
  type JsonObject,
  type Output,
  type PrepareContext,
  type ProgressEvent,
  type StepContext,
} from '@backstep/core'
import { fakeClock } from '../time/fake-clock.ts'
import { contactLog, type ContactLog, type RecordedContact } from './contact-log.ts'
import { memoryBlobs, type MemoryBlobs } from './memory-blobs.ts'
import { textSealer, type TextSealer } from './text-sealer.ts'

export interface RecordingContextOptions {
  /** Secrets by name. Others reject with `SECRET_NOT_FOUND`. */
  readonly secrets?: Readonly<Record<string, string>>
  /** Default: a fake clock that jumps over every wait. */
  readonly clock?: Clock
  /** Default: a new random one. */
  readonly mark?: string
  /** Default 1. */
  readonly attempt?: number
  /** Default: the mark. */
  readonly idempotencyKey?: string
  /** The fencing token of every lease. Default 1. */
  readonly fence?: number
  /** What the step noted in an earlier process. */
  readonly notes?: readonly JsonObject[]
  readonly approved?: PrepareContext['approved']
  /** The value behind an output, for steps whose options are outputs. Default: none is known. */
  readonly read?: (output: Output<Json>) => Json | undefined
  /** Told of every contact that is let through; what it throws is what the step sees. */
  readonly observer?: ContactObserver
  /** Where streams are kept, and with which key texts are sealed: pass those of an earlier context to read what it kept. */
  readonly kept?: Kept
}

/** What outlives one call: streams and the key of sealed texts. */
export interface Kept {
  readonly blobs: MemoryBlobs
  readonly sealer: TextSealer
}

/** The contexts of one step, and everything that it did with them. */
export interface RecordingContext {
  /** For `probe` and `verify`, and for checks and queries. */
  readonly step: StepContext
  readonly prepare: PrepareContext
  /** For `execute` and `compensate`. */
  readonly execute: ExecuteContext
  readonly contacts: readonly RecordedContact[]
  readonly reports: readonly ProgressEvent[]
  /** Those given, then those that the step made. */
  readonly notes: readonly JsonObject[]
  /** Names of the secrets that were asked for. */
  readonly revealed: ReadonlySet<string>
  readonly kept: Kept
  /** Contacts that were begun and have no answer yet: after a call has returned, those that the step forgot to await. */
  openContacts(): readonly string[]
  /** Something was sent that may have changed the world. */
  hasWritten(): boolean
  /** Aborts the signal; every further contact is refused, as the runner refuses it. */
  abort(reason?: unknown): void
  /** Removes the work folder, if the step asked for one. */
  cleanUp(): Promise<void>
}

/**
 * The contexts that a step needs, for a test of one method without a runner:
 *
 * ```ts
 * const context = recordingContext({ secrets: { DB_URL: 'postgres://…' } })
 * const { prepared } = await step.prepare(context.prepare)
 * assert.deepEqual(context.contacts.map(({ name }) => name), ['get', 'list'])
 * ```
 *
 * Contacts are seen of steps with a port and a table of contacts. The context refuses nothing but contacts after an abort: it does not stop
 * `prepare` from writing, it shows that it did.
 */
export function recordingContext(options: RecordingContextOptions = {}): RecordingContext {
  const { mark = randomBytes(16).toString('hex'), attempt = 1, fence = 1, approved } = options
  const kept = options.kept ?? { blobs: memoryBlobs(), sealer: textSealer() }
  const stop = new AbortController()
  const log = contactLog(stop.signal, options.observer)
  const notes: JsonObject[] = [...(options.notes ?? [])]
  const folder = workFolder()
  const { step, reports, revealed } = readContext({ options, kept, log, abortSignal: stop.signal, workDirectory: folder.path })
  const read = <T extends Json>(output: Output<T>): T =>
    (options.read?.(output) ??
      refuse('OUTPUT_NOT_KNOWN', 'The test knows no value of this output', 'Give the test a `read` that knows it.')) as T
  return {
    step,
    prepare: { ...step, read, mark, approved, keep: (stream) => kept.blobs.keep(stream) },
    execute: {
      ...step,
      attempt,
      idempotencyKey: options.idempotencyKey ?? mark,
      fence: () => fence,
      note: async (note) => void notes.push(structuredClone(note)),
    },
    contacts: log.contacts,
    reports,
    notes,
    revealed,
    kept,
    openContacts: () => log.open(),
    hasWritten: () => log.hasWritten(),
    abort: (reason) => stop.abort(reason ?? aborted(log.hasWritten())),
    cleanUp: folder.remove,
  }
}

interface ReadContextSource {
  readonly options: RecordingContextOptions
  readonly kept: Kept
  readonly log: ContactLog
  readonly abortSignal: AbortSignal
  readonly workDirectory: () => Promise<string>
}

/** What all methods get, and what is recorded of it. */
function readContext({ options, kept, log, abortSignal, workDirectory }: ReadContextSource): {
  readonly step: StepContext
  readonly reports: readonly ProgressEvent[]
  readonly revealed: ReadonlySet<string>
} {
  const { secrets = {}, clock = fakeClock({ auto: true }), notes = [] } = options
  const reports: ProgressEvent[] = []
  const revealed = new Set<string>()
  const step: StepContext = {
    abortSignal,
    clock,
    contacts: log,
    notes: [...notes],
    report: (event) => void reports.push(event),
    reveal: async ({ name }) => {
      revealed.add(name)
      return (
        secrets[name] ?? refuse('SECRET_NOT_FOUND', `The test planted no secret "${name}"`, 'Give the test a value for it in `secrets`.')
      )
    },
    seal: async (plaintext) => ({ sealed: await kept.sealer.seal(plaintext) }),
    unseal: ({ sealed }) => kept.sealer.unseal(sealed),
    evidence: (what, value, source) => ({ what, value, source, at: new Date(clock.now()).toISOString() as Instant }),
    workDirectory,
    open: (blob) => kept.blobs.open(blob),
  }
  return { step, reports, revealed }
}

function refuse(code: 'SECRET_NOT_FOUND' | 'OUTPUT_NOT_KNOWN', message: string, hint: string): never {
  throw new RollbackError(code, message, { hint })
}

function aborted(hasWritten: boolean): RollbackError {
  return new RollbackError('ABORTED', 'The test stopped the call', {
    hint: 'Look at the target before anything else.',
    effect: hasWritten ? 'unknown' : 'none',
  })
}

function workFolder(): { readonly path: () => Promise<string>; readonly remove: () => Promise<void> } {
  let made: Promise<string> | undefined
  return {
    path: () => (made ??= mkdtemp(join(tmpdir(), 'backstep-testing-'))),
    async remove() {
      if (made !== undefined) await rm(await made, { recursive: true, force: true })
      made = undefined
    },
  }
}
