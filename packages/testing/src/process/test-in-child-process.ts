import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@backstep/core'
import type { TestFunctions } from '../kit/bench.ts'
import { brief, demand, demandNone, isSame } from '../kit/failure.ts'
import { crashPoints } from '../kit/points.ts'
import { runChild, type ChildOptions } from './child.ts'
import { filesOf, readIfThere, type ChildEnd, type Instruction } from './instruction.ts'
import { randomNumbers } from './random-numbers.ts'

/** One fresh world for the children of one case. */
export interface ChildBench {
  /** What the child program needs to find this world: a folder, a port. Plain data. */
  readonly input: Json
  /** The world as a person sees it; see `StepBench.world`. Waits for what the killed processes left running. */
  world(): Promise<Json>
  tearDown?(): Promise<void>
}

export interface ChildProcessTest extends TestFunctions {
  readonly name: string
  /** A program whose one statement is `runAsChild`: `new URL('./restore-file.child.ts', import.meta.url)`. */
  readonly module: URL
  readonly setUp: () => Promise<ChildBench>
  /** Kill only at every n-th contact, and always at every write. Default 1. */
  readonly every?: number
  /** Kill at so many contacts at most, spread over all of them, those that write first. Default: no limit. */
  readonly most?: number
  /** How many runs are killed at random moments, up to three times each. Default 10. */
  readonly randomRuns?: number
  /** Of the random moments. Default 1. */
  readonly seed?: number
  /** How long, in real milliseconds, one child may take. Default 60,000. */
  readonly limitMs?: number
  /** How long, in real milliseconds, one check may take. Default 600,000. */
  readonly timeoutMs?: number
}

interface Ended {
  readonly world: Json
  readonly end: ChildEnd
  readonly kills: number
  readonly tookMs: number
}

const mostKills = 3
const mostTries = 5

/**
 * Kills real processes. A plan runs in a child process with its journal on disk; the child ends itself by SIGKILL right before or after a
 * contact, or is killed from outside at a random moment; another child resumes. Each case has to end as one that was never killed: the
 * same outcome, the same world.
 *
 * The child program is a file of its own:
 *
 * ```ts
 * // restore-file.child.ts
 * await runAsChild(({ path }: { path: string }) => ({ plan: restorePlan(path) }))
 *
 * // restore-file.test.ts
 * testInChildProcess({ name: 'restore-file', describe, it, module: new URL('./restore-file.child.ts', import.meta.url), setUp })
 * ```
 *
 * It does not end what a killed child had started: `world` has to wait for it.
 */
export function testInChildProcess(options: ChildProcessTest): void {
  const { describe, it, name, timeoutMs: timeout = 600_000 } = options
  let asked: Promise<Ended> | undefined
  const reference = (): Promise<Ended> => (asked ??= runCase(options, []))
  describe(`${name}: in a process that is killed`, () => {
    it('a kill at any contact, then a new process, equals no kill', { timeout }, async () => proveContacts(options, await reference()))
    it('a kill at any moment, then a new process, equals no kill', { timeout }, async () => proveMoments(options, await reference()))
  })
}

async function proveContacts(options: ChildProcessTest, reference: Ended): Promise<void> {
  const points = crashPoints(reference.end.contacts, { every: options.every ?? 1, most: options.most ?? Infinity })
  demand(points.length > 0, () => 'No contact was seen: give the steps a client and its table of contacts')
  const problems: string[] = []
  let kills = 0
  for (const { contact, when, name, mode } of points) {
    const ended = await runCase(options, [{ kill: { contact, when } }])
    kills += ended.kills
    // A target that is healthy sooner is looked at less often: only of reads there may be fewer.
    demand(ended.kills === 1 || mode === 'read', () => `The child was to end ${when} contact ${contact} (${name}) and did not come there`)
    problems.push(...problemsOf(ended, reference).map((problem) => `killed ${when} contact ${contact} (${name}): ${problem}`))
  }
  demandNone(problems, `${problems.length} of ${points.length} killed runs did not end as without a kill`)
  demand(kills > points.length / 2, () => `Only ${kills} of ${points.length} runs came to the contact at which they were to end`)
}

async function proveMoments(options: ChildProcessTest, reference: Ended): Promise<void> {
  const { seed = 1, randomRuns = 10 } = options
  const random = randomNumbers(seed)
  // The first child of all has more to load: the moments are taken from how long a later one lives.
  const again = await runCase(options, [])
  const problems = problemsOf(again, reference).map((problem) => `not killed at all: ${problem}`)
  let killedRuns = 0
  let longestMs = again.tookMs
  for (let run = 1; run <= mostTries * randomRuns && killedRuns < randomRuns; run++) {
    const moments = Array.from({ length: mostKills }, () => Math.round(random() * longestMs))
    const ended = await runCase(
      options,
      moments.map((killAfterMs) => ({ killAfterMs })),
    )
    if (ended.kills > 0) killedRuns++
    else longestMs *= 0.7
    problems.push(...problemsOf(ended, reference).map((problem) => `run ${run}, killed after ${moments.join(', ')} ms: ${problem}`))
  }
  demandNone(problems, `${problems.length} killed runs did not end as without a kill`)
  demand(
    killedRuns === randomRuns,
    () => `Only ${killedRuns} of ${randomRuns} runs were killed before they had ended: let them take longer`,
  )
}

function problemsOf({ world, end }: Ended, reference: Ended): readonly string[] {
  if (end.outcome !== reference.end.outcome) return [`the run ended as ${end.outcome}, not as ${reference.end.outcome}`]
  return isSame(world, reference.world) ? [] : [`another world: ${brief(world)} instead of ${brief(reference.world)}`]
}

/** One child after the other, each killed as told, then one that may end. */
async function runCase(
  { module, setUp, limitMs = 60_000 }: ChildProcessTest,
  deaths: readonly (Pick<Instruction, 'kill'> & Pick<ChildOptions, 'killAfterMs'>)[],
): Promise<Ended> {
  const bench = await setUp()
  const directory = await mkdtemp(join(tmpdir(), 'backstep-child-'))
  let tookMs = 0
  let kills = 0
  try {
    for (const { kill, killAfterMs } of [...deaths, {}]) {
      const instruction = { directory, input: bench.input, ...(kill === undefined ? {} : { kill }) }
      const child = await runChild({ module, instruction, limitMs, ...(killAfterMs === undefined ? {} : { killAfterMs }) })
      tookMs = child.tookMs
      if (!child.wasKilled) break
      kills++
    }
    const end = await readIfThere<ChildEnd>(filesOf(directory).end)
    demand(end !== undefined, () => 'The last child ended without a result')
    return { world: await bench.world(), end, kills, tookMs }
  } finally {
    await rm(directory, { recursive: true, force: true })
    await bench.tearDown?.()
  }
}
