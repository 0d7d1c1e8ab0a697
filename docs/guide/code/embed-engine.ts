import { plan, sequence, type RunRecord } from '@backstep/core'
import { carryOn, type History } from './embed/shell.ts'
import { openShop } from './scene.ts'
import { restoreJson } from './steps/restore-json.ts'

const { shop } = openShop()

// #region run
const build = () =>
  plan({
    name: 'two files',
    steps: sequence(
      restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } }),
      restoreJson({ file: `${shop}/release.json`, to: { version: 'v1' } }),
    ),
  })

const records: RunRecord[] = []
let mayDie = true
const history: History = {
  records,
  snapshots: new Map(),
  async append(record) {
    const isSecondEffect = record.type === 'step.effected' && record.id.endsWith('release.json')
    if (isSecondEffect && mayDie) throw new Error('the process died before this was written down')
    records.push(record)
  },
}

await carryOn(build(), history).catch((error: unknown) => console.log(String(error)))
console.log(`the history ends with ${records.at(-1)?.type}`)

mayDie = false
const begun = records.length
const view = await carryOn(build(), history)
console.log(
  records
    .slice(begun)
    .map(({ type }) => type)
    .join(', '),
)
console.log(view.outcome)
// #endregion
