// Kills the process that runs the quickstart's plan with SIGKILL at random moments, resumes the run, and compares the world with
// one that was rolled back without a crash.
//
//   node soak/kill.soak.ts [kills, default 200] [seed, default 1] [there | back]
//
// `there` (default) kills the quickstart's own plan. `back` kills a plan that does the same, fails at its end, and goes back: killed
// on the way there and on the way back.
//
// Exit code 0: every run ended in the same world, nothing was done twice, nothing that was confirmed to a customer was lost.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { approve, newRunId, randomId } from '@backstep/runner'
import quickstartPlan from '../plan.ts'
import { shortName } from '../story/names.ts'
import { onCall, openRollback } from '../story/rollback.ts'
import type { RunOrder } from '../story/run-process.ts'
import { clearWorld } from '../world/claim.ts'
import { restoreWorld, saveWorld } from '../world/checkpoint.ts'
import { totalsSince } from '../world/customers.ts'
import { deploy, recordDeployment } from '../world/deploy.ts'
import { createWorld, type World } from '../world/world.ts'
import { type Moment, type RunFiles, runInProcess } from './killed-process.ts'
import failingPlan from './plan-that-goes-back.ts'
import { randomNumbers } from './random-numbers.ts'
import { differences, watchEffects, type WorldAfter } from './world-after.ts'

const [wantedKills = 200, seed = 1] = process.argv.slice(2, 4).map(Number)
const goesBack = process.argv[4] === 'back'
const template = goesBack ? failingPlan : quickstartPlan
const root = mkdtempSync(join(tmpdir(), 'backstep-soak-'))
const random = randomNumbers(seed)
const mostKillsPerRun = 3

const world = await createWorld(root)
try {
  await breakShop(world)
  process.exitCode = await soak(world)
} finally {
  await clearWorld(world.layout)
  if (process.exitCode === 0) rmSync(root, { recursive: true })
}

async function breakShop({
  deployed,
  layout,
  settings,
  databaseUrl,
}: World & { readonly deployed: Awaited<ReturnType<typeof createWorld>>['deployed'] }) {
  const { tag, commit, schema } = deployed
  recordDeployment(layout, { event: 'seen-good', tag, commit, schema, at: new Date().toISOString(), orders: 1, failed: 0 })
  const since = Date.now()
  await deploy(layout, settings, databaseUrl, 'v1.5.0')
  while (totalsSince(root, since).ok < 10) await sleep(100)
  await saveWorld(world)
}

async function soak(of: World): Promise<number> {
  const { after: expected, changes } = await round(of, 0, 0)
  refuseBadStart(expected)
  let kills = 0
  let wrong = 0
  const begun = performance.now()
  for (let number = 1; kills < wantedKills; number++) {
    const { after, killed } = await round(of, changes, Math.min(mostKillsPerRun, wantedKills - kills))
    kills += killed.length
    const found = differences(expected, after)
    if (found.length > 0) wrong += 1
    const state = found.length === 0 ? 'same world' : `DIFFERS: ${found.join('; ')}`
    console.log(`run ${number}  kills ${kills}/${wantedKills}  ${state}  killed at ${killed.join(', ') || 'no moment'}`)
  }
  console.log(`${kills} kills, ${wrong} wrong runs, seed ${seed}, ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  if (wrong > 0) console.log(`the last world is in ${root}`)
  return wrong === 0 ? 0 : 1
}

/** A run that is not killed has to do everything once: otherwise "the same world" would prove nothing. */
function refuseBadStart(expected: WorldAfter): void {
  const turns = goesBack ? 2 : 1
  const wanted = {
    outcome: goesBack ? 'compensated' : 'succeeded',
    linkTurned: turns,
    serverStarts: turns,
    evidence: 1,
    lostOrders: 0,
    lostCodes: 0,
    leftovers: '',
  }
  const wrong = differences({ ...expected, ...wanted }, expected)
  if (wrong.length > 0) throw new Error(`the run without a crash went wrong: ${wrong.join('; ')}`)
}

async function orderFor(of: World): Promise<RunFiles> {
  const { plan, runner } = openRollback(of, template)
  const preview = await runner.preview(plan)
  const order: RunOrder = {
    preview,
    approvals: [approve(preview, { actor: onCall, at: Date.now() })],
    ...(goesBack ? { planFile: './../soak/plan-that-goes-back.ts' } : {}),
  }
  const file = join(root, 'order.json')
  writeFileSync(file, JSON.stringify(order))
  return { root, order: file, runId: newRunId(Date.now(), randomId()) }
}

/** One run with up to so many kills, the world after it, and how many records it took until everything was changed. */
async function round(of: World, changes: number, kills: number) {
  await restoreWorld(of)
  await sleep(500) // some orders
  const effects = watchEffects(of.layout)
  const files = await orderFor(of)
  const killed: string[] = []
  let left = changes
  while (killed.length < kills) {
    const { records, wasKilled } = await runInProcess(files, momentWithin(left))
    if (!wasKilled) break
    left = Math.max(4, left - records.length)
    killed.push(await lastRecord(of, files.runId))
  }
  const { records } = await runInProcess(files)
  const after: WorldAfter = await effects.worldAfter(of, files.runId)
  return { after, killed, changes: records.findLastIndex((type) => type === 'step.effected' || type === 'undo.effected') }
}

/** Mostly while things are changed, also before the first record, and in one of ten while the result is watched. */
function momentWithin(changes: number): Moment {
  const afterRecords = random() < 0.1 ? changes + 2 : Math.floor(random() * (changes + 2))
  const longest = afterRecords === 0 ? 400 : 60
  return { afterRecords, thenMs: random() * random() * longest }
}

async function lastRecord(of: World, runId: string): Promise<string> {
  const run = await openRollback(of, template)
    .runner.readRun(runId)
    .catch(() => undefined)
  const last = run?.records.at(-1)
  if (last === undefined) return 'its start'
  return 'id' in last ? `${last.type} ${shortName(last.id)}` : last.type
}
