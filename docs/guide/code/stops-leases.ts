import { observe, sequence } from '@backstep/core'
import { put } from './scene.ts'
import { showRun } from './show.ts'
import * as of from './stopped-run.ts'

const { answerAndResume, planOf, runUntilStopped } = of

// A run has changed the flags, watches, and will change the release afterwards.
put(`${of.shop}/errors.json`, { rate: 0 })
const watchFor = { name: 'errors', checks: [of.noErrors()], for: '3s', every: '100ms', deadline: '1m' } as const
const first = planOf('lease-lost', () => sequence(of.flags(), observe(watchFor), of.release()))
const made = first()
const run = await of.runner.start(made, { approved: await of.runner.preview(made) })
for await (const event of run.events) if (event.type === 'record' && event.record.type === 'sample.taken') break

// Somebody starts another one on the same release.
const second = planOf('lease-held', of.release)
const held = await runUntilStopped(second)

console.log('--- leases')
// #region leases
const leases = await of.runner.listLeases()
for (const { key, token, owner, isAlive } of leases) {
  console.log(`${key}: token ${token}, process ${owner.pid} ${isAlive === true ? 'runs' : 'is gone'}, run ${owner.runId}`)
}
// #endregion

// #region take-over
const lease = leases.find(({ key }) => key.endsWith('/release.json'))
if (lease === undefined) throw new Error('nobody holds it any more: resume, without taking anything over')
const { key, token: displacedToken } = lease
await of.runner.takeOverLease(held.runId, { key, displacedToken, actor: of.ana, reason: 'that run is not needed any more' })
// #endregion

const lost = await run.result
console.log('--- lease-lost')
showRun(lost)
await answerAndResume(first, lost, 'abandon')
await answerAndResume(second, held, 'retry')
