import { durationMs } from '@backstep/core'
import type { FaultProxy } from '../../wire/fault-proxy.ts'
import type { WireAct, WireMoment } from '../../wire/wire-fault.ts'
import { problemOf } from '../converge.ts'
import { demand, demandNone } from '../failure.ts'
import { pass, type Passage } from '../passage.ts'
import { looksAgainOnce } from '../person.ts'
import { spread, type Sampling } from '../points.ts'
import type { Case } from '../case.ts'
import type { ConformanceCheck, Facts, Suite } from '../suite.ts'

interface Row {
  readonly act: Exclude<WireAct, object>
  readonly count: 'connections' | 'requests'
  readonly at: (number: number) => WireMoment
}

const eachRequest = { count: 'requests', at: (request: number) => ({ request }) } as const
const graceMs = 10_000

/** What goes over the wire in an undisturbed run. */
async function trafficOf(suite: Suite, route: 'forward' | 'back', count: Row['count']): Promise<number> {
  return suite.inCase(async (one) => {
    const proxy = proxyOf(one)
    let from = 0
    await pass(one, route, { beforeRun: () => void (from = proxy.traffic[count]) })
    return proxy.traffic[count] - from
  })
}

function proxyOf({ bench }: Case): FaultProxy {
  demand(bench.proxy !== undefined, () => 'The bench had a `proxy` and has none now')
  return bench.proxy
}

async function disturbWire(
  one: Case,
  route: 'forward' | 'back',
  { act, at }: Row,
  number: number,
): Promise<{ readonly passage: Passage; readonly isHit: boolean }> {
  const proxy = proxyOf(one)
  const timeoutMs = durationMs(one.step().settings.timeout ?? '5m')
  let hasHappened = (): boolean => false
  const passage = await pass(one, route, {
    onBlocked: looksAgainOnce(),
    beforeRun(clock) {
      const fault = proxy.inject({ act, at: at(number) })
      hasHappened = () => fault.count > 0
      if (act === 'hang') void fault.happened.then(() => clock.advance(timeoutMs + graceMs))
    },
  })
  proxy.heal()
  return { passage, isHit: hasHappened() }
}

function numbersOf(total: number, { every, most }: Sampling): readonly number[] {
  return spread(
    Array.from({ length: Math.ceil(total / every) }, (_, index) => 1 + index * every),
    most,
  )
}

const disturbing =
  (route: 'forward' | 'back', row: Row): ConformanceCheck['prove'] =>
  async (suite) => {
    const reference = await suite.passage(route)
    const total = await trafficOf(suite, route, row.count)
    demand(total > 0, () => 'Nothing went through the proxy: let `make` connect to its port')
    const problems: string[] = []
    let hits = 0
    for (const number of numbersOf(total, suite.settings)) {
      const { passage, isHit } = await suite.inCase((one) => disturbWire(one, route, row, number))
      if (isHit) hits++
      const problem = isHit ? await problemOf(suite, passage, reference, true) : undefined
      if (problem !== undefined) problems.push(`${row.act} at number ${number} of ${total} ${row.count}: ${problem}`)
    }
    demandNone(problems, `${problems.length} of ${hits} runs did not end as without it`)
    demand(hits > 0, () => 'The fault never happened: the step makes other calls in each run')
  }

const noProxy = ({ hasProxy }: Facts): string | undefined =>
  hasProxy ? undefined : 'not promised: the bench has no proxy, so no wire to break'
const noWayBack = (facts: Facts): string | undefined =>
  noProxy(facts) ?? (facts.canUndo ? undefined : 'not promised: the step has no compensate, by its risk')

export const wireChecks: readonly ConformanceCheck[] = [
  {
    promise: 'an answer dropped on the wire does no harm',
    notPromised: noProxy,
    prove: disturbing('forward', { act: 'drop', ...eachRequest }),
  },
  {
    promise: 'an answer dropped on the wire does no harm on the way back',
    notPromised: noWayBack,
    prove: disturbing('back', { act: 'drop', ...eachRequest }),
  },
  {
    promise: 'a request cut in the middle does no harm',
    notPromised: noProxy,
    prove: disturbing('forward', { act: 'cut', ...eachRequest }),
  },
  {
    promise: 'an answer that hangs on the wire does no harm',
    notPromised: noProxy,
    prove: disturbing('forward', { act: 'hang', ...eachRequest }),
  },
  {
    promise: 'a connection refused on the wire does no harm',
    notPromised: noProxy,
    prove: disturbing('forward', { act: 'refuse', count: 'connections', at: (connection) => ({ connection }) }),
  },
]
