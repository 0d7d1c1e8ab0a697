import { setTimeout as sleep } from 'node:timers/promises'
import { gate, observe, sequence } from '@backstep/core'
import { put } from './scene.ts'
import { showRun } from './show.ts'
import * as of from './stopped-run.ts'

const { answerAndResume, planOf, runUntilStopped } = of
const pricesId = 'files.restore-json@prices.json'

of.setRoom(false)
const failing = planOf('step-failed', () => sequence(of.flags(), of.prices(), of.release()))
const failed = await runUntilStopped(failing)
of.setRoom(true)
await answerAndResume(failing, failed, 'retry', pricesId)

put(`${of.shop}/prices.json`, { tea: 30 })
const doubtful = planOf('in-doubt', of.pricesOnBadDisk)
const inDoubt = await runUntilStopped(doubtful)
put(`${of.shop}/prices.json`, { tea: 3 }) // a person has looked, and put it right
await answerAndResume(doubtful, inDoubt, 'retry', pricesId)

const watching = planOf('no-data', () => observe({ name: 'errors', checks: [of.noErrors()], for: '0s', every: '200ms', deadline: '1s' }))
const unseen = await runUntilStopped(watching)
put(`${of.shop}/errors.json`, { rate: 0 })
await answerAndResume(watching, unseen, 'retry', 'observe errors')

const question = { name: 'till', role: 'on-call', checklist: ['A test order goes through'], timeout: '500ms' } as const
const asking = planOf('gate-unanswered', () => gate.manualCheck(question))
const asked = asking()
const { runId } = await of.runner.run(asked, { approved: await of.runner.preview(asked) })
await sleep(600) // nobody answers
console.log('--- gate-unanswered')
const late = await of.runner.resume(asking(), { runId })
showRun(late)
// #region late
for (const { id, hash } of late.openGates) await of.runner.answerGate(runId, { id, hash, answer: 'confirmed', actor: of.ana })
// #endregion
console.log('--- gate-unanswered:confirmed')
showRun(await of.runner.resume(asking(), { runId }))

put(`${of.shop}/flags.json`, { newCheckout: true })
put(`${of.shop}/release.json`, { version: 'v2' })
put(`${of.shop}/errors.json`, { rate: 0 })
const watchFor = { name: 'errors', checks: [of.noErrors()], for: '3s', every: '100ms', deadline: '1m' } as const
const holding = planOf('held', () => sequence(of.flags(), observe(watchFor), of.release()))
const held = await runUntilStopped(holding, {
  runId: 'guide-held',
  onEvent: (event) => {
    const isFirstEffect = event.type === 'record' && event.record.type === 'step.effected'
    if (isFirstEffect) void of.runner.cancel('guide-held', { mode: 'hold', actor: of.ana, reason: 'let me look first' })
  },
})
await answerAndResume(holding, held, 'compensate')
