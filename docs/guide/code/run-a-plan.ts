// #region set-up
import { renderPreviewText } from '@backstep/core'
import { approve, exitCodeOf, fileRunner } from '@backstep/runner'
import template from './first-plan.ts'
// #endregion
import { fakeClock } from '@backstep/testing'
import { openShop } from './scene.ts'
import { showRun } from './show.ts'

const { shop, runs: directory } = openShop()
const clock = fakeClock({ speed: 600 }) // five minutes of watching in half a second
const secrets = async (): Promise<undefined> => undefined

// #region runner
const runner = fileRunner({ directory, secrets, clock, actor: { id: 'ana' } })
const plan = template.build({ shop })
// #endregion

console.log('--- preview')
// #region preview
const preview = await runner.preview(plan)
console.log(renderPreviewText(preview, { width: 100 }))
// #endregion

// #region approve
const ana = { id: 'ana', roles: ['on-call'] }
const yes = approve(preview, { actor: ana, at: clock.now(), reason: 'orders fail since v2' })
// #endregion

console.log('--- run')
// #region run
const run = await runner.start(plan, { approved: preview, approvals: [yes] })
for await (const event of run.events) {
  if (event.type === 'progress') console.log(`         ${event.id}: ${event.progress.message}`)
  if (event.type !== 'record') continue
  const { record } = event
  if (record.type === 'step.intended') console.log(`begin    ${record.id}`)
  if (record.type === 'step.verified') console.log(`${record.status.padEnd(8)} ${record.id}`)
}
const view = await run.result
showRun(view)
process.exitCode = exitCodeOf(view)
// #endregion
clock.stop()
