import { automatic, decideTrigger, evolveTrigger, initialTrigger, plan, type Check, type TriggerEvent } from '@backstep/core'
import { createRunner, filePorts } from '@backstep/runner'
import { openShop, put } from './scene.ts'
import { holds } from './steps/holds.ts'
import { restoreJson } from './steps/restore-json.ts'
import { contextFor } from './embed/context.ts'

const { shop, runs: directory } = openShop()

// #region trigger
const flagsBack = plan({ name: 'flags back', steps: restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } }) })

const trigger = automatic({
  name: 'shop errors',
  target: 'prod/shop',
  run: flagsBack,
  any: [{ name: 'errors', check: holds({ file: `${shop}/errors.json`, key: 'rate', value: 0 }), for: '5m' }],
  knownGood: holds({ file: `${shop}/history/v1.json`, key: 'seenGood', value: true }),
  every: '1m',
  cooldown: '1h',
  maxPerDay: 2,
})
// #endregion

put(`${shop}/errors.json`, { rate: 0.3 })
const runner = createRunner(filePorts({ directory, actor: { id: 'trigger shop errors' } }))
const minute = 60_000
let now = Date.parse('2026-11-23T03:00:00Z')
let state = initialTrigger(trigger.rules)

// #region turn
/** Puts an event into the state. In production the state is stored before anybody acts on it. */
const tell = (event: TriggerEvent): void => void (state = evolveTrigger(trigger.rules, state, event))

const look = async (check: Check) => {
  const verdict = await check.sample(contextFor(1, 'look')).catch(() => ({ status: 'unknown' as const }))
  return { at: now, status: verdict.status }
}

/** One turn: look, decide, store what was decided, and only then act. */
async function turn(): Promise<void> {
  for (const { name, check } of trigger.signals) tell({ type: 'sampled', signal: name, ...(await look(check)) })
  if (decideTrigger(trigger.rules, state, now).decision === 'ask-known-good')
    tell({ type: 'known-good.sampled', ...(await look(trigger.knownGood)) })
  const decided = decideTrigger(trigger.rules, state, now)
  if (decided.decision === 'nothing' || decided.decision === 'ask-known-good') return
  tell({ type: 'decided', decision: decided })
  if (decided.decision === 'start') await startRun(decided.startId)
  else if (decided.page) console.log(`${time()} page people: ${decided.reason}: ${decided.detail}. ${decided.hint}`)
}

async function startRun(startId: string): Promise<void> {
  const runId = `auto-${startId.replace(/\W+/g, '-')}` // the same after a restart: a second creation is refused
  const run = { runId, startId, trigger: trigger.name, targets: [trigger.target] }
  tell({ type: 'run.started', at: now, run })
  const view = await runner.run(flagsBack, { approved: await runner.preview(flagsBack), runId })
  console.log(`${time()} started ${runId}: ${view.outcome}`)
  tell({ type: 'run.ended', at: now, run })
}
// #endregion

function time(): string {
  return new Date(now).toISOString().slice(11, 16)
}

for (let turns = 0; turns < 90; turns++, now += minute) await turn()
