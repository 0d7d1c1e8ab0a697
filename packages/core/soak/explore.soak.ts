/**
 * Goes every way through every plan of up to so many steps, with one failure, one crash and one cancel at each place.
 *
 *   pnpm soak explore [steps] [of] [part]   default: up to 3 steps, all of them
 *
 * Four steps are one and a half million scenarios: `explore 4 20 3` goes through the third twentieth of them.
 */
import { engine } from '../test/engine/model/engine.ts'
import { endsByCrash, explore } from '../test/engine/model/explore.ts'
import { oneFault, plainScenario, shapesOf } from '../test/engine/model/scenarios.ts'

const most = Number(process.argv[2] ?? 3)
const parts = Number(process.argv[3] ?? 1)
const part = Number(process.argv[4] ?? 1)
const startMs = performance.now()
const total = { scenarios: 0, states: 0, transitions: 0, crashes: 0, cancels: 0 }
let fault: string | undefined
let number = 0

for (let steps = 1; steps <= most && fault === undefined; steps++) {
  for (const shape of shapesOf(steps)) {
    for (const faults of oneFault(shape)) {
      if (number++ % parts !== part - 1) continue
      const scenario = { ...plainScenario, shape, faults }
      const found = explore(engine, scenario)
      total.scenarios++
      total.states += found.states
      total.transitions += found.transitions
      total.crashes += found.crashes
      total.cancels += found.cancels
      const ends = steps <= 2 ? endsByCrash(engine, { ...scenario, cancels: 0 }) : []
      fault ??= found.fault ?? (ends.length > 0 ? `ends only with a crash: ${ends.join('; ')}` : undefined)
      if (total.scenarios % 10_000 === 0)
        console.log(`${total.scenarios} scenarios, ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
    }
    if (fault !== undefined) break
  }
}
if (fault !== undefined) console.error(fault)
console.log(
  `explore: ${total.scenarios} scenarios of up to ${most} steps (part ${part} of ${parts}), ${total.states} states, ${total.transitions} transitions, ${total.crashes} crashes, ${total.cancels} cancels, ${fault === undefined ? 'no fault' : 'A FAULT'}, ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
)
process.exitCode = fault === undefined && total.scenarios > 0 ? 0 : 1
