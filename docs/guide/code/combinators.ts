import {
  during,
  fallback,
  forEach,
  is,
  named,
  observe,
  onFailure,
  optional,
  plan,
  require,
  route,
  sequence,
  together,
  togetherAtMost,
  when,
  type PlanNode,
} from '@backstep/core'
import { memoryRunner } from '@backstep/testing'
import { fillShop, openShop } from './scene.ts'
import { findGood } from './steps/find-good.ts'
import { holds } from './steps/holds.ts'
import { localFiles } from './steps/files.ts'
import { restoreJson } from './steps/restore-json.ts'

const { shop } = openShop()

// #region steps
const flags = () => restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } })
const prices = () => restoreJson({ file: `${shop}/prices.json`, to: { tea: 3 } })
const release = () => restoreJson({ file: `${shop}/release.json`, to: { version: 'v1' } })
const closeDoor = () => restoreJson({ file: `${shop}/door.json`, to: { open: false } })
const sellsV1 = () => holds({ file: `${shop}/release.json`, key: 'version', value: 'v1' })
// #endregion

const fullDisk = { ...localFiles(), write: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })) }
const pricesOnFullDisk = () => restoreJson({ file: `${shop}/prices.json`, to: { tea: 3 } }, { client: fullDisk })

/** Runs the steps on a fresh shop, and tells what became of each. */
async function show(name: string, steps: PlanNode): Promise<void> {
  fillShop(shop)
  const runner = memoryRunner()
  const made = plan({ name, onFailure: 'compensate', steps })
  const view = await runner.run(made, { approved: await runner.preview(made) })
  console.log(`--- ${name}`)
  for (const leaf of view.leaves) {
    const became = leaf.undo === 'done' ? 'put back' : leaf.phase === 'pending' ? 'not begun' : leaf.phase
    console.log(`${became.padEnd(10)} ${leaf.id}`)
  }
  console.log(`the run ${view.outcome}`)
}

// #region sequence
await show('sequence', sequence(flags(), release()))
// #endregion

// #region together
await show('together', together(flags(), prices(), release()))
// #endregion

// #region together-at-most
await show('together-at-most', togetherAtMost(2, flags(), prices(), release()))
// #endregion

// #region fallback
await show('fallback', fallback(sequence(flags(), pricesOnFullDisk()), release()))
// #endregion

// #region optional
await show('optional', sequence(optional(pricesOnFullDisk()), release()))
// #endregion

// #region during
await show('during', during(closeDoor(), sequence(flags(), release())))
// #endregion

// #region when
const good = findGood({ shop })
await show('when', sequence(good, when(is(good.output.pricesAre, 'changed'), prices(), flags())))
// #endregion

// #region route
const state = findGood({ shop })
await show('route', sequence(state, route(state.output.pricesAre, { changed: prices(), 'as they were': sequence() })))
// #endregion

// #region for-each
const found = findGood({ shop })
const inRegion = (region: string) => named(region, restoreJson({ file: `${shop}/${region}/flags.json`, to: found.output.flags }))
await show('for-each', sequence(found, forEach(found.output.regions, inRegion)))
// #endregion

// #region require
await show('require', sequence(require(holds({ file: `${shop}/door.json`, key: 'open', value: true })), release()))
// #endregion

// #region observe
await show('observe', sequence(release(), observe({ name: 'sells v1', checks: [sellsV1()], for: '10s', deadline: '1m' })))
// #endregion

// #region on-failure
await show('on-failure', sequence(release(), pricesOnFullDisk()))
// #endregion

// #region halt
await show('halt', sequence(release(), onFailure('halt', sequence(flags(), pricesOnFullDisk()))))
// #endregion
