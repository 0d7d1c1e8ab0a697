import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Json, plan } from '@backstep/core'
import { type DriveOptions, fileRunner } from '@backstep/runner'
import type { StepBench } from '@backstep/testing'

/** How one run ended, and what it left. */
export interface FaultRun {
  readonly outcome: string
  readonly initial: Json
  readonly world: Json
  /** How often the fault happened. */
  readonly hits: number
  /** Of the step's contacts and Helm's, over the proxy. */
  readonly requests: number
}

/** Something that goes wrong in the middle of a run: what it is told of each contact, and what it has done. */
export interface Fault {
  readonly name: string
  /** Happens by chance: not in every run, but in one of several. */
  readonly isByChance?: boolean
  begin(bench: StepBench): { readonly hits: () => number; readonly onContact?: (name: string) => void; readonly end: () => Promise<void> }
}

const isWrite = /^(?:POST|PUT|PATCH|DELETE) (?!\S*dryRun=All)\S*\/namespaces\//

export const noFault: Fault = { name: 'nothing', begin: () => ({ hits: () => 0, end: async () => undefined }) }

/** The n-th write, of the step or of its Helm, reaches the server, and its answer never comes back. */
export function lostAnswer(write: number): Fault {
  let seen = 0
  return onWire(`the answer to write ${write} lost`, 'drop', 1, (request) => isWrite.test(request.toString('latin1')) && ++seen === write)
}

/** This share of the requests is disturbed: `cut`, none of them arrives whole; `drop`, all arrive and no answer comes back. */
export function disturbedRequests(act: 'cut' | 'drop', share: number, random: () => number): Fault {
  const what = act === 'cut' ? 'requests refused' : 'answers lost'
  return { ...onWire(`${share * 100} % of the ${what}`, act, Number.POSITIVE_INFINITY, () => random() < share), isByChance: true }
}

function onWire(name: string, act: 'cut' | 'drop', times: number, bytes: (request: Buffer) => boolean): Fault {
  return {
    name,
    begin({ proxy }) {
      const fault = proxy?.inject({ act, at: { bytes }, times })
      return { hits: () => fault?.count ?? 0, end: async () => proxy?.heal() }
    },
  }
}

/** The API server goes away for this time, a moment after the step has begun its n-th process or write. */
export function outage(write: number, afterMs: number, away: () => Promise<void>): Fault {
  return {
    name: `the API server away, ${afterMs} ms after write ${write} was begun`,
    begin() {
      let seen = 0
      let gone: Promise<void> | undefined
      const leave = async (): Promise<void> => {
        await new Promise((resolve) => setTimeout(resolve, afterMs))
        await away()
      }
      return {
        hits: () => (gone === undefined ? 0 : 1),
        onContact: (mode) => {
          if (mode !== 'read' && ++seen === write) gone = leave()
        },
        end: async () => gone,
      }
    },
  }
}

const mostLooks = 4

/** Runs the step of a fresh world with a journal on disk, while something goes wrong; a person who is asked says: look again. */
export async function runWithFault(setUp: () => Promise<StepBench>, fault: Fault): Promise<FaultRun> {
  const bench = await setUp()
  const directory = mkdtempSync(join(tmpdir(), 'backstep-faults-'))
  let looks = 0
  const onBlocked: NonNullable<DriveOptions['onBlocked']> = async ({ blocked }) => {
    const [id] = blocked?.ids ?? []
    if (id === undefined || ++looks > mostLooks) return undefined
    return { ask: 'operator', id, answer: 'retry', actor: { id: 'test' }, reason: 'the cluster is back' }
  }
  try {
    const initial = await bench.world()
    const runner = fileRunner({ directory })
    const one = plan({ name: 'faults', steps: bench.make((value) => value) })
    const approved = await runner.preview(one)
    const from = bench.proxy?.traffic.requests ?? 0
    const { hits, onContact, end } = fault.begin(bench)
    const observer = () => ({ before: ({ mode }: { readonly mode: string }) => onContact?.(mode), after: () => undefined })
    const view = await runner.run(one, { approved, observer, onBlocked })
    await end()
    const why = view.failure === undefined ? '' : ` (${view.failure.code}: ${view.failure.message})`
    const outcome = view.outcome === 'succeeded' ? 'succeeded' : `${view.outcome ?? `${view.state} ${view.blocked?.reason ?? ''}`}${why}`
    return { outcome, initial, world: await bench.world(), hits: hits(), requests: (bench.proxy?.traffic.requests ?? 0) - from }
  } finally {
    await bench.tearDown?.()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** What is wrong with a disturbed run: it ends as the undisturbed one, or it was refused with nothing changed. */
export function problemsOf(fault: Fault, run: FaultRun, reference: FaultRun): readonly string[] {
  const isSame = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other)
  if (run.hits === 0 && fault.isByChance !== true) return [`${fault.name}: never happened`]
  if (run.outcome.startsWith('aborted'))
    return isSame(run.world, run.initial) ? [] : [`${fault.name}: ${run.outcome}, and something was changed`]
  if (run.outcome !== reference.outcome) return [`${fault.name}: the run ended as ${run.outcome}`]
  return isSame(run.world, reference.world) ? [] : [`${fault.name}: another world: ${JSON.stringify(run.world)}`]
}
