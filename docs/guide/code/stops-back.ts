import { sequence } from '@backstep/core'
import { put } from './scene.ts'
import * as of from './stopped-run.ts'

const { answerAndResume, planOf, runUntilStopped } = of

put(`${of.shop}/orders.json`, { orders: [] })
of.setRoom(false)

const overtaken = planOf('undo-failed', () => sequence(of.flags(), of.prices()), 'compensate')
const undoFailed = await runUntilStopped(overtaken, {
  onEvent: (event) => {
    const isFailure = event.type === 'record' && event.record.type === 'step.failed'
    if (isFailure) put(`${of.shop}/flags.json`, { newCheckout: 'for staff' }) // somebody else, meanwhile
  },
})
await answerAndResume(overtaken, undoFailed, 'skip', 'files.restore-json@flags.json')

const lossy = planOf('undo-loses-data', () => sequence(of.orders(), of.prices()), 'compensate')
const losesData = await runUntilStopped(lossy)
// #region loses
const { records } = await of.runner.readRun(losesData.runId)
for (const record of records) {
  if (record.type === 'step.prepared' && record.undo?.loses !== undefined)
    console.log(`  going back over ${record.id} loses ${record.undo.loses}`)
}
// #endregion
await answerAndResume(lossy, losesData, 'compensate', 'files.restore-json@orders.json')

const crossing = planOf('past-point-of-no-return', () => sequence(of.release(), of.oldOrders(), of.prices()), 'compensate')
const past = await runUntilStopped(crossing)
of.setRoom(true)
await answerAndResume(crossing, past, 'go-on')
