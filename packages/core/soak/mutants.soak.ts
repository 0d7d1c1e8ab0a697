/**
 * Plants bugs into copies of the engine, one at a time, and looks whether the exploration or the simulation finds each.
 *
 *   pnpm soak mutants [plans]   random plans per bug before the exhaustive search begins; default 3,000
 */
import { engine } from '../test/engine/model/engine.ts'
import { hunt } from '../test/engine/model/hunt.ts'
import { mutants } from '../test/engine/model/mutants.ts'
import { withPlanted } from '../test/engine/model/plant.ts'

const plans = Number(process.argv[2] ?? 3000)
const startMs = performance.now()
let found = 0
const falseAlarm = hunt(engine, plans)
if (falseAlarm !== undefined) throw new Error(`the engine without a planted bug is found wrong: ${falseAlarm.fault}`)
console.log(`no bug planted: nothing found, ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
for (const mutant of mutants) {
  const from = performance.now()
  const caught = await withPlanted(mutant, (mutated) => hunt(mutated, plans))
  if (caught !== undefined) found++
  const how = caught === undefined ? 'NOT FOUND' : `found by ${caught.by} after ${caught.after}`
  console.log(`${mutant.name}: ${how}, ${((performance.now() - from) / 1000).toFixed(1)} s`)
}
console.log(`mutants: ${found} of ${mutants.length} found, ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
process.exitCode = found === mutants.length ? 0 : 1
