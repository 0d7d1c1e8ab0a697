import { fileRunner } from '@backstep/runner'
import template from './first-plan.ts'
import { openShop } from './scene.ts'
import { showRun } from './show.ts'

const { shop, runs: directory } = openShop()

console.log('--- waits')
// #region waits
const plan = template.build({ shop, watch: '1s' })
const runner = fileRunner({ directory, actor: { id: 'ana' } })
const waiting = await runner.run(plan, { approved: await runner.preview(plan) })
showRun(waiting)
// #endregion

console.log('--- answered')
const { runId } = waiting
// #region answered
// In another process, which knows the directory and the id of the run.
const another = fileRunner({ directory, actor: { id: 'ben' } })
const { view } = await another.readRun(runId)
for (const { id, hash } of view.openGates) {
  await another.answerGate(runId, { id, hash, answer: 'approved', actor: { id: 'ben', roles: ['on-call'] } })
}
showRun(await another.resume(template.build({ shop, watch: '1s' }), { runId }))
// #endregion
