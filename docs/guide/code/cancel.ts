import { fileRunner } from '@backstep/runner'
import template from './first-plan.ts'
import { openShop } from './scene.ts'
import { showRun } from './show.ts'

const { shop, runs: directory } = openShop()
const runner = fileRunner({ directory, actor: { id: 'ana' } })
const plan = template.build({ shop })
const ana = { id: 'ana', roles: ['on-call'] }

// #region cancel
const run = await runner.start(plan, {
  approved: await runner.preview(plan),
  onGate: async ({ id, hash }) => ({ ask: 'gate', id, hash, answer: 'approved', actor: ana }),
})
for await (const event of run.events) {
  if (event.type !== 'record') continue
  const { record } = event
  if (record.type === 'sample.taken') {
    await runner.cancel(run.runId, { mode: 'compensate', actor: ana, reason: 'v3 is ready, we go forward instead' })
    break
  }
}
const view = await run.result
showRun(view)
for (const { id, undo } of view.leaves) if (undo === 'done') console.log(`  put back ${id}`)
// #endregion
