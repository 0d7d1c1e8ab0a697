/**
 * Walks random plans of up to twenty steps through the engine, with crashes, cancels and failures of any kind.
 *
 *   pnpm soak simulate [plans] [first seed]   default 100,000 plans from seed 1
 */
import { engine } from '../test/engine/model/engine.ts'
import { simulateMany } from '../test/engine/model/simulate.ts'

const plans = Number(process.argv[2] ?? 100_000)
const first = Number(process.argv[3] ?? 1)
const startMs = performance.now()
const total = { plans: 0, records: 0, crashes: 0, cancels: 0 }
const ends: Record<string, number> = {}

function* seeds(): Generator<number> {
  for (let seed = first; seed < first + plans; seed++) yield seed
}

const fault = simulateMany(engine, seeds(), (_, { records, crashes, cancels, outcome }) => {
  total.plans++
  total.records += records
  total.crashes += crashes
  total.cancels += cancels
  ends[outcome] = (ends[outcome] ?? 0) + 1
  if (total.plans % 10_000 === 0) console.log(`${total.plans} plans, ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
})
if (fault !== undefined) console.error(fault)
console.log(
  `simulate: ${total.plans} plans from seed ${first}, ${total.records} records, ${total.crashes} crashes, ${total.cancels} cancels, ${JSON.stringify(ends)}, ${fault === undefined ? 'no fault' : 'A FAULT'}, ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
)
process.exitCode = fault === undefined && total.plans === plans ? 0 : 1
