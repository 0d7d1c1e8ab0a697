import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { RollbackError, type BlobRef, type Json, type Output, type PrepareContext, type ReadContext } from '@backstep/core'
import { callStep, type CallScope } from './call.ts'
import { prepareContext, stepContext, type ContextSource } from './contexts.ts'
import type { RunnerPorts } from './ports.ts'
import { bellOf } from './stop-bell.ts'
import { reading } from './reading.ts'

/** Read calls outside a run: previews and queries. Nothing is written anywhere but to a scratch folder that goes when the call ends. */
export interface Reader {
  context(scope: CallScope, name: string): ContextSource
  read<T>(what: string, timeoutMs: number, name: string, call: (source: ContextSource) => Promise<T>): Promise<T>
}

export function reader(ports: RunnerPorts, signal: AbortSignal): Reader {
  const stop = bellOf(signal)
  const noWrites = async (): Promise<never> => {
    throw new RollbackError('INTERNAL', 'A preview may not write', {
      hint: 'This is a defect of the step: its author has to make prepare read only.',
      effect: 'none',
    })
  }
  const withFolder = (scope: CallScope, workDirectory: () => Promise<string>): ContextSource => ({
    ports,
    scope,
    notes: [],
    report: () => undefined,
    workDirectory,
    open: () => {
      throw new RollbackError('SNAPSHOT_MISSING', 'A preview keeps no streams', {
        hint: 'Open streams in execute, verify or compensate only.',
      })
    },
  })
  const options = (what: string, timeoutMs: number): Parameters<typeof callStep>[0] => ({
    what,
    clock: ports.clock,
    timeoutMs,
    graceMs: ports.limits.graceMs,
    stop,
    beforeWrite: noWrites,
    seesWrites: () => true,
  })
  return {
    context: (scope, name) => withFolder(scope, () => ports.scratchDirectory(name)),
    read: (what, timeoutMs, name, call) =>
      reading(ports.clock, timeoutMs, signal, () =>
        inPassingFolder(
          () => ports.scratchDirectory(name),
          (path) => callStep(options(what, timeoutMs), (scope) => call(withFolder(scope, path))),
        ),
      ),
  }
}

async function inPassingFolder<T>(make: () => Promise<string>, work: (path: () => Promise<string>) => Promise<T>): Promise<T> {
  let made: Promise<string> | undefined
  try {
    return await work(() => (made ??= make()))
  } finally {
    if (made !== undefined) await rm(await made, { recursive: true, force: true })
  }
}

export function previewPrepareContext(source: ContextSource, mark: string, read: <T extends Json>(output: Output<T>) => T): PrepareContext {
  return prepareContext({ ...source, mark, read, approved: undefined, keep: countOnly })
}

export function readContext(source: ContextSource, read: <T extends Json>(output: Output<T>) => T): ReadContext {
  return { ...stepContext(source), read }
}

/** In a preview a stream is counted and hashed, not kept. */
async function countOnly(stream: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of stream) {
    hash.update(piece)
    bytes += piece.byteLength
  }
  return { blob: hash.digest('hex'), bytes }
}
