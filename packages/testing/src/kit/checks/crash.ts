import { proveConvergence } from '../converge.ts'
import { crashPoints } from '../points.ts'
import type { ConformanceCheck } from '../suite.ts'

const crash =
  (route: 'forward' | 'back'): ConformanceCheck['prove'] =>
  async (suite) => {
    await proveConvergence(suite, {
      route,
      points: ({ contacts }) => crashPoints(contacts, suite.settings),
      act: 'die',
      what: 'a crash',
    })
  }

export const crashChecks: readonly ConformanceCheck[] = [
  { promise: 'a crash at any contact, then resume, equals no crash', prove: crash('forward') },
  {
    promise: 'a crash at any contact of a run that goes back, then resume, equals no crash',
    notPromised: ({ canUndo }) => (canUndo ? undefined : 'not promised: the step has no compensate, by its risk'),
    prove: crash('back'),
  },
]
