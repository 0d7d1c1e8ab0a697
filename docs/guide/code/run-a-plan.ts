import { renderPreviewText } from '@backstep/core'
import { approve, exitCodeOf, fileRunner } from '@backstep/runner'
import template from './first-plan.ts'
import { openShop } from './scene.ts'
import { showRun } from './show.ts'

const { shop, runs: directory } = openShop()

// #region runner
const runner = fileRunner({ directory, actor: { id: 'ana' } })
const plan = template.build({ shop, watch: '1s' })
// #endregion

console.log('--- preview')
// #region preview
const preview = await runner.preview(plan)
console.log(renderPreviewText(preview))
// #endregion

// #region approve
const ana = { id: 'ana', roles: ['on-call'] }
const yes = approve(preview, { actor: ana, at: Date.now(), reason: 'orders fail since v2' })
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
// #endregion

// #region exit
process.exitCode = exitCodeOf(view)
// #endregion
