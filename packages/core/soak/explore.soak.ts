/**
 * Goes every way through every plan of up to four steps, with one failure, one crash and one cancel at each place.
 *
 *   pnpm soak explore [steps] [parts] [part] [everything]   default: 4 1 1
 *
 * `explore 4 8 3` goes through the third eighth. With `everything`, plans of four steps have policies and special leaves inside too.
 */
import { engine } from '../test/engine/model/engine.ts'
import { endsByCrash, explore } from '../test/engine/model/explore.ts'
import { allScenarios } from '../test/engine/model/scenarios.ts'
import { leafShapes } from '../test/engine/model/shape.ts'
import type { Scenario } from '../test/engine/model/state.ts'

const most = Number(process.argv[2] ?? 4)
const parts = Number(process.argv[3] ?? 1)
const part = Number(process.argv[4] ?? 1)
/** Scenarios with a fault are shown, each with the first that is wrong in it; after so many the rest is not looked at. */
const mostFaults = 10
const startMs = performance.now()
const total = { scenarios: 0, plans: new Set<unknown>(), states: 0, transitions: 0, crashes: 0, cancels: 0 }
const seconds = (): string => ((performance.now() - startMs) / 1000).toFixed(0)

function faultIn(scenario: Scenario): string | undefined {
  const found = explore(engine, scenario)
  total.scenarios++
  total.plans.add(scenario.shape)
  total.states += found.states
  total.transitions += found.transitions
  total.crashes += found.crashes
  total.cancels += found.cancels
  if (found.fault !== undefined || leafShapes(scenario.shape).length > 2) return found.fault
  const ends = endsByCrash(engine, { ...scenario, cancels: 0, losses: 0 })
  return ends.length === 0 ? undefined : `ends only with a crash: ${ends.join('; ')}`
}

let faults = 0
let number = 0
for (const scenario of allScenarios(most, process.argv[5] === 'everything')) {
  if (number++ % parts !== part - 1) continue
  const fault = faultIn(scenario)
  if (fault !== undefined) console.error(fault)
  if (fault !== undefined && ++faults === mostFaults) break
  if (total.scenarios % 10_000 === 0) console.log(`${total.scenarios} scenarios, ${seconds()} s`)
}
const { scenarios, plans, states, transitions, crashes, cancels } = total
const searched = `${plans.size} plans of up to ${most} steps (part ${part} of ${parts}), ${scenarios} scenarios`
const went = `${states} states, ${transitions} transitions, ${crashes} crashes, ${cancels} cancels`
console.log(`explore: ${searched}, ${went}, ${faults === 0 ? 'no fault' : `${faults} WITH A FAULT`}, ${seconds()} s`)
process.exitCode = faults === 0 && scenarios > 0 ? 0 : 1
