// Kills the process that runs the quickstart's plan with SIGKILL at random moments, resumes the run, and compares the world with
// one that was rolled back without a crash.
//
//   node soak/kill.soak.ts [kills, default 200] [seed, default 1] [there | back]
//
// `there` (default) kills the quickstart's own plan. `back` kills a plan that does the same, fails at its end, and goes back: killed
// on the way there and on the way back.
//
// Exit code 0: every run ended in the same world, nothing was done twice, nothing that was confirmed to a customer was lost.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { approve, newRunId, randomId } from '@backstep/runner'
import quickstartPlan from '../plan.ts'
import { shortName } from '../story/names.ts'
import { onCall, openRollback } from '../story/rollback.ts'
import type { FromRunProcess, RunOrder } from '../story/run-process.ts'
import { clearWorld } from '../world/claim.ts'
import { restoreWorld, saveWorld } from '../world/checkpoint.ts'
import { totalsSince } from '../world/customers.ts'
import { deploy, recordDeployment } from '../world/deploy.ts'
import { createWorld, type World } from '../world/world.ts'
import failingPlan from './plan-that-goes-back.ts'
import { randomNumbers } from './random-numbers.ts'
import { differences, watchEffects, type WorldAfter } from './world-after.ts'

const [wantedKills = 200, seed = 1] = process.argv.slice(2, 4).map(Number)
const goesBack = process.argv[4] === 'back'
const template = goesBack ? failingPlan : quickstartPlan
const root = mkdtempSync(join(tmpdir(), 'backstep-soak-'))
const random = randomNumbers(seed)
const mostKillsPerRun = 3
const runProcess = fileURLToPath(new URL('../story/run-process.ts', import.meta.url))

/** How long the parts of a run take that is not killed, in milliseconds: until its first record, its changes, the watching after them. */
interface Pace {
  readonly start: number
  readonly change: number
  readonly watch: number
}

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
  const pace = await measurePace(of)
  const { after: expected } = await round(of, pace, 0)
  refuseBadStart(expected)
  let kills = 0
  let wrong = 0
  const begun = performance.now()
  for (let number = 1; kills < wantedKills; number++) {
    const { after, killed } = await round(of, pace, Math.min(mostKillsPerRun, wantedKills - kills))
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

async function measurePace(of: World): Promise<Pace> {
  const times: { at: number; isEffect: boolean }[] = []
  await restoreWorld(of)
  await sleep(500)
  const order = await orderFor(of)
  const begun = performance.now()
  await runOnce(order, (type) =>
    times.push({ at: performance.now() - begun, isEffect: type === 'step.effected' || type === 'undo.effected' }),
  )
  const start = times[0]?.at ?? 0
  const lastEffect = times.findLast(({ isEffect }) => isEffect)?.at ?? start
  return { start, change: lastEffect - start, watch: (times.at(-1)?.at ?? 0) - lastEffect }
}

interface Order {
  readonly file: string
  readonly runId: string
}

async function orderFor(of: World): Promise<Order> {
  const { plan, runner } = openRollback(of, template)
  const preview = await runner.preview(plan)
  const order: RunOrder = {
    preview,
    approvals: [approve(preview, { actor: onCall, at: Date.now() })],
    ...(goesBack ? { planFile: './../soak/plan-that-goes-back.ts' } : {}),
  }
  const file = join(root, 'order.json')
  writeFileSync(file, JSON.stringify(order))
  return { file, runId: newRunId(Date.now(), randomId()) }
}

/** One run with up to so many kills, and the world after it. */
async function round(of: World, pace: Pace, kills: number) {
  await restoreWorld(of)
  await sleep(500) // some orders
  const effects = watchEffects(of.layout)
  const order = await orderFor(of)
  const killed: string[] = []
  while (killed.length < kills) {
    const wasKilled = await runOnce(order, () => {}, momentIn(pace))
    if (!wasKilled) break
    killed.push(await lastRecord(of, order.runId))
  }
  await runOnce(order, () => {})
  const after: WorldAfter = await effects.worldAfter(of, order.runId)
  return { after, killed }
}

interface Moment {
  readonly from: 'start' | 'first record'
  readonly afterMs: number
}

/** Mostly while things are changed; sometimes before the first record, sometimes while the result is watched. */
function momentIn({ start, change, watch: watched }: Pace): Moment {
  const part = random()
  if (part < 0.05) return { from: 'start', afterMs: random() * start }
  if (part < 0.15) return { from: 'first record', afterMs: change + random() * watched }
  return { from: 'first record', afterMs: random() * (change + 50) }
}

async function lastRecord(of: World, runId: string): Promise<string> {
  const run = await openRollback(of, template)
    .runner.readRun(runId)
    .catch(() => undefined)
  const last = run?.records.at(-1)
  if (last === undefined) return 'its start'
  return 'id' in last ? `${last.type} ${shortName(last.id)}` : last.type
}

/** Runs or resumes in a process. Resolves with whether it was killed. */
function runOnce({ file, runId }: Order, onRecord: (type: string) => void, moment?: Moment): Promise<boolean> {
  const child = fork(runProcess, [root, file, runId], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  let isFirst = true
  let timer: NodeJS.Timeout | undefined
  const aim = (from: Moment['from']): void => {
    if (moment?.from === from) timer = setTimeout(() => child.kill('SIGKILL'), moment.afterMs)
  }
  aim('start')
  child.on('message', (message: FromRunProcess) => {
    if (!('event' in message) || message.event.type !== 'record') return
    if (isFirst) aim('first record')
    isFirst = false
    onRecord(message.event.record.type)
  })
  return new Promise((resolve) => {
    child.on('exit', (_, signal) => {
      clearTimeout(timer)
      resolve(signal === 'SIGKILL')
    })
  })
}
