import { sequence } from '@backstep/core'
import { showRun } from './show.ts'
import { flags, planOf, prices, runner, runUntilStopped, setRoom } from './stopped-run.ts'

setRoom(false)
const build = planOf('flags and prices', () => sequence(flags(), prices()))
const { runId } = await runUntilStopped(build)
setRoom(true)

// #region answer
const { view } = await runner.readRun(runId)
console.log(view.blocked, view.answers)

const ana = { id: 'ana', roles: ['on-call'] }
await runner.answer(runId, { id: 'files.restore-json@prices.json', answer: 'retry', actor: ana, reason: 'there is room again' })
showRun(await runner.resume(build(), { runId }))
// #endregion
