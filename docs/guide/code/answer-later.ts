import { fileRunner } from '@backstep/runner'
import { fakeClock } from '@backstep/testing'
import template from './first-plan.ts'
import { openShop } from './scene.ts'
import { showRun } from './show.ts'

const { shop, runs: directory } = openShop()
const clock = fakeClock({ speed: 600 })
const options = { directory, clock, actor: { id: 'ana' } }

console.log('--- waits')
// #region waits
const plan = template.build({ shop })
const first = fileRunner(options)
const waiting = await first.run(plan, { approved: await first.preview(plan) })
showRun(waiting)
// #endregion

console.log('--- answered')
// #region answered
const another = fileRunner(options) // in another process, on another day
const { view: before } = await another.readRun(waiting.runId)
for (const { id, hash } of before.openGates) {
  await another.answerGate(before.runId, { id, hash, answer: 'approved', actor: { id: 'ben', roles: ['on-call'] } })
}
showRun(await another.resume(template.build({ shop }), { runId: before.runId }))
// #endregion
clock.stop()
