/**
 * Runs random plans in a real runner, with a crash before and after every record, and with cancels that crash soon after.
 *
 *   pnpm soak simulate-runner [plans] [first seed]   default: 60 plans from seed 1
 */
import { endOf, runToEnd, type Ended } from '../test/semantics/random-runs.ts'
import { ana, runId, type Demo, type Fate } from '../test/semantics/demo.ts'

const plans = Number(process.argv[2] ?? 60)
const first = Number(process.argv[3] ?? 1)
const startMs = performance.now()
const total = { plans: 0, records: 0, crashes: 0, cancels: 0 }
const ends: Record<string, number> = {}
const faults: string[] = []
process.setMaxListeners(0)

function hold(where: string, problems: readonly string[], { records }: Ended): void {
  if (problems.length === 0) return
  const lines = records.map((record) => JSON.stringify(record).slice(0, 160))
  faults.push(`${where}: ${problems.join('; ')}\n${lines.join('\n')}`)
}

const sides = ['die-before', 'die-after', 'hang-before', 'hang-after'] as const

async function crashEverywhere(seed: number, reference: Ended): Promise<void> {
  const expected = endOf(reference.demo, reference.view)
  for (let at = 1; at < reference.records.length; at++) {
    // A process that hangs stays in memory for ever, so most of them die.
    for (const side of at % 10 === 0 ? sides : sides.slice(0, 2)) {
      const ended = await runToEnd(seed, () => (_, index) => (index === at ? side : 'keep'))
      total.crashes++
      const end = endOf(ended.demo, ended.view)
      const problems = end === expected ? ended.problems : [...ended.problems, `ends as ${end}, without a crash as ${expected}`]
      hold(`seed ${seed}, ${side} record ${at} (${reference.records[at]?.type})`, problems, ended)
    }
  }
}

/** Asks for a cancel at one record, and dies some records later. */
function cancelsAt(at: number, crashIn: number): (demo: Demo) => Fate {
  return (demo) => (_, index) => {
    if (index === at) void demo.ports.requests.post(runId, { ask: 'cancel', mode: 'compensate', actor: ana, reason: 'a test' })
    return crashIn > 0 && index === at + crashIn ? (crashIn % 2 === 0 ? 'die-after' : 'die-before') : 'keep'
  }
}

async function cancelEverywhere(seed: number, reference: Ended): Promise<void> {
  for (let at = 2; at < reference.records.length; at += 3) {
    for (const crashIn of [0, 1, 2, 4]) {
      const ended = await runToEnd(seed, cancelsAt(at, crashIn))
      total.cancels++
      if (crashIn > 0) total.crashes++
      hold(`seed ${seed}, cancel at record ${at}, crash ${crashIn} later`, ended.problems, ended)
    }
  }
}

for (let seed = first; seed < first + plans && faults.length === 0; seed++) {
  const reference = await runToEnd(seed)
  hold(`seed ${seed}`, reference.problems, reference)
  total.plans++
  total.records += reference.records.length
  ends[String(reference.view.outcome)] = (ends[String(reference.view.outcome)] ?? 0) + 1
  await crashEverywhere(seed, reference)
  await cancelEverywhere(seed, reference)
  if (total.plans % 10 === 0) console.log(`${total.plans} plans, ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
}
for (const fault of faults.slice(0, 3)) console.error(fault)
const counts = `${total.plans} plans from seed ${first}, ${total.records} records, ${total.crashes} crashes, ${total.cancels} cancels, ${JSON.stringify(ends)}`
console.log(`simulate-runner: ${counts}, ${faults.length} faults, ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
process.exitCode = faults.length === 0 && total.plans === plans ? 0 : 1
