import type { ContactMode } from '@backstep/core'
import type { PortFault, StepBench } from '../bench.ts'
import { proveConvergence } from '../converge.ts'
import { lostAnswer, refusedConnection } from '../faults.ts'
import type { Passage } from '../passage.ts'
import { pointsOf } from '../points.ts'
import type { ConformanceCheck, Facts, Suite } from '../suite.ts'
import type { Disturbance } from '../trap.ts'

const noUndo = ({ canUndo }: Facts): string | undefined => (canUndo ? undefined : 'not promised: the step has no compensate, by its risk')
const writing: readonly ContactMode[] = ['write', 'process']

interface Fault {
  readonly what: string
  readonly when: Disturbance['when']
  readonly modes?: readonly ContactMode[] | undefined
  readonly act: (bench: StepBench) => Disturbance['act']
  readonly inspect?: (passage: Passage) => string | undefined
}

async function prove(suite: Suite, route: 'forward' | 'back', { what, when, modes, act, inspect }: Fault): Promise<void> {
  const disturbance = await suite.inCase(async ({ bench }) => act(bench))
  const points = (contacts: Parameters<typeof pointsOf>[0]) =>
    pointsOf(contacts, suite.settings, modes).map((point) => ({ ...point, when }))
  await proveConvergence(suite, {
    route,
    points: (reference) => points(reference.contacts),
    act: disturbance,
    what,
    ...(inspect === undefined ? {} : { inspect }),
  })
}

const lost: Fault = { what: 'an answer lost', when: 'after', modes: writing, act: lostAnswer }
const refused: Fault = { what: 'a connection refused', when: 'before', act: refusedConnection }
const silent: Fault = { what: 'an answer that never came', when: 'after', modes: writing, act: () => 'hang', inspect: notInDoubt }

/** Nobody can know whether a call had an effect that was given up in the middle of a write. */
function notInDoubt({ records }: Passage): string | undefined {
  const failure = records.find((record) => record.type === 'step.failed')
  if (failure === undefined) return 'the journal knows of no failure'
  return failure.effect === 'unknown' ? undefined : `the journal says ${failure.code} with effect ${failure.effect}, and it is unknown`
}

export const faultChecks: readonly ConformanceCheck[] = [
  { promise: 'a lost answer to any write does no harm', prove: (suite) => prove(suite, 'forward', lost) },
  { promise: 'a lost answer to any write does no harm on the way back', notPromised: noUndo, prove: (suite) => prove(suite, 'back', lost) },
  { promise: 'a refused connection at any contact does no harm', prove: (suite) => prove(suite, 'forward', refused) },
  {
    promise: 'a refused connection at any contact does no harm on the way back',
    notPromised: noUndo,
    prove: (suite) => prove(suite, 'back', refused),
  },
  { promise: 'a write that is never answered runs out of time, and the run converges', prove: (suite) => prove(suite, 'forward', silent) },
]

/** The author's own faults: two checks each. */
export function ownFaultChecks(faults: readonly PortFault[]): readonly ConformanceCheck[] {
  return faults.flatMap(({ name, when, modes = writing, error }) => {
    const fault: Fault = { what: name, when, modes, act: () => error }
    return [
      { promise: `${name} does no harm`, prove: (suite: Suite) => prove(suite, 'forward', fault) },
      { promise: `${name} does no harm on the way back`, notPromised: noUndo, prove: (suite: Suite) => prove(suite, 'back', fault) },
    ]
  })
}
