import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ContactCall, type Json, plan, type RunView } from '@backstep/core'
import { type DriveOptions, fileRunner, type RunOptions } from '@backstep/runner'
import type { OwnCluster } from '@backstep/testbed'
import type { InjectedFault, StepBench } from '@backstep/testing'
import { randomNumbers } from './histories.ts'

/** How one run ended, and what it left. */
export interface FaultRun {
  readonly outcome: string
  readonly initial: Json
  readonly world: Json
  /** Writes of the step that the server applied. */
  readonly writes: number | string
  readonly contacts: readonly ContactCall[]
  /** How often the fault happened. */
  readonly hits: number
}

/** Something that goes wrong in the middle of a run. */
export interface Fault {
  readonly name: string
  /** Happens by chance: not in every run, but in one of several. */
  readonly isByChance?: boolean
  begin(bench: StepBench): { readonly hits: () => number; readonly onContact?: (index: number) => void; readonly end: () => Promise<void> }
}

const isWrite = /^(?:POST|PUT|PATCH|DELETE) (?!\S*dryRun=All)\S*\/namespaces\//

/** The n-th write reaches the server, and its answer never comes back. */
export function lostAnswer(write: number): Fault {
  let seen = 0
  const sees = (request: Buffer): boolean => isWrite.test(request.toString('latin1')) && ++seen === write
  return onWire(`the answer to write ${write} lost`, (bench) => bench.proxy?.inject({ act: 'drop', at: { bytes: sees } }))
}

/** This share of the requests never reaches the server whole. */
export function refusedRequests(share: number, seed: number): Fault {
  const random = randomNumbers(seed)
  return byChance(`${share * 100} % of the requests refused, seed ${seed}`, (bench) =>
    bench.proxy?.inject({ act: 'cut', at: { bytes: () => random() < share }, times: Number.POSITIVE_INFINITY }),
  )
}

/** This share of the answers is lost, after the server has done what it was asked for. */
export function lostAnswers(share: number, seed: number): Fault {
  const random = randomNumbers(seed)
  return byChance(`${share * 100} % of the answers lost, seed ${seed}`, (bench) =>
    bench.proxy?.inject({ act: 'drop', at: { bytes: () => random() < share }, times: Number.POSITIVE_INFINITY }),
  )
}

const byChance: typeof onWire = (name, inject) => ({ ...onWire(name, inject), isByChance: true })

function onWire(name: string, inject: (bench: StepBench) => InjectedFault | undefined): Fault {
  return {
    name,
    begin(bench) {
      const fault = inject(bench)
      return { hits: () => fault?.count ?? 0, end: async () => bench.proxy?.heal() }
    },
  }
}

/** The API server dies while a contact is on its way, and comes back after this time. */
export function outage(cluster: OwnCluster, contact: number, durationMs: number): Fault {
  return {
    name: `the API server away for ${durationMs / 1000} s from contact ${contact} on`,
    begin() {
      let away: Promise<void> | undefined
      return {
        hits: () => (away === undefined ? 0 : 1),
        onContact: (index) => void (index === contact && (away ??= cluster.withoutApiserver(durationMs))),
        end: async () => away,
      }
    },
  }
}

export const noFault: Fault = { name: 'nothing', begin: () => ({ hits: () => 0, end: async () => undefined }) }
const mostLooks = 3

/** Runs the step of a fresh world with a journal on disk, while something goes wrong; a person who is asked says: look again. */
export async function runWithFault(setUp: () => Promise<StepBench>, fault: Fault): Promise<FaultRun> {
  const bench = await setUp()
  const directory = mkdtempSync(join(tmpdir(), 'backstep-faults-'))
  try {
    const initial = await bench.world()
    const runner = fileRunner({ directory })
    const one = plan({ name: 'faults', steps: bench.make((value) => value) })
    const approved = await runner.preview(one)
    const { hits, onContact, end } = fault.begin(bench)
    const contacts: ContactCall[] = []
    const observer: NonNullable<RunOptions['observer']> = () => ({
      before(call) {
        const number = contacts.push(call)
        onContact?.(number)
      },
      after: () => undefined,
    })
    const view = await ended(runner.run(one, { approved, observer, onBlocked: lookAgain() }), end)
    return { outcome: outcomeOf(view), initial, world: await bench.world(), writes: (await bench.writes?.()) ?? 0, contacts, hits: hits() }
  } finally {
    await bench.tearDown?.()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function ended<T>(run: Promise<T>, end: () => Promise<void>): Promise<T> {
  try {
    return await run
  } finally {
    await end()
  }
}

function lookAgain(): NonNullable<DriveOptions['onBlocked']> {
  let looks = 0
  return async ({ blocked }) => {
    const [id] = blocked?.ids ?? []
    if (id === undefined || ++looks > mostLooks) return undefined
    return { ask: 'operator', id, answer: 'retry', actor: { id: 'test' }, reason: 'the cluster is back' }
  }
}

function outcomeOf({ outcome, state, blocked, failure }: RunView): string {
  const why = failure === undefined ? '' : ` (${failure.code}: ${failure.message})`
  return outcome === 'succeeded' ? outcome : `${outcome ?? `${state} ${blocked?.reason ?? ''}`}${why}`
}

/**
 * What is wrong with a disturbed run: it ends as the undisturbed one, with each write applied once, or it was refused with nothing changed.
 * Anything else is a lie or an effect that was lost or doubled.
 */
export function problemsOf(fault: Fault, run: FaultRun, reference: FaultRun): readonly string[] {
  const isSame = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other)
  const says = (what: string): readonly string[] => [`${fault.name}: ${what}`]
  if (run.hits === 0 && fault.isByChance !== true) return says('never happened')
  if (run.outcome.startsWith('aborted')) {
    const isUntouched = isSame(run.world, run.initial) && Number(run.writes) === 0
    return isUntouched ? [] : says(`${run.outcome}, and something was changed`)
  }
  if (run.outcome !== reference.outcome) return says(`the run ended as ${run.outcome}`)
  if (!isSame(run.world, reference.world)) return says(`another world: ${JSON.stringify(run.world)}`)
  return run.writes === reference.writes ? [] : says(`${run.writes} writes instead of ${reference.writes}`)
}
