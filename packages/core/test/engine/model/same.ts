import { outstandingKey, runKey } from './key.ts'
import { recordsOf, type Frame, type Journal } from './state.ts'
import type { Decision, Run } from '../../../src/index.ts'

/** What differs between the run as it was carried on and the run as it is made again; undefined when nothing does. */
export interface Twin {
  readonly run: Run
  readonly decision: Decision
}

/** Evaluated from scratch, without what earlier evaluations remembered: must decide the same. To be made before `decide` is asked. */
export function freshTwin({ engine }: Frame, run: Run): Twin {
  const fork = engine.forkRun(run)
  return { run: fork, decision: engine.decide(fork) }
}

export function differenceOf(live: Twin, fresh: Twin): string | undefined {
  const [one, other] = [live, fresh].map(({ run, decision }) => `${textOf(decision)} outstanding ${outstandingKey(run)}`)
  return one === other ? undefined : `remembering changes the decision:\n  live  ${one}\n  fresh ${other}`
}

/** Made again from its records, a run is the same and decides the same, apart from the calls that were under way. */
export function replayDifference({ engine, plan }: Frame, run: Run, journal: Journal | undefined, now: number): string | undefined {
  const fork = engine.forkRun(run)
  fork.outstanding.clear()
  fork.isAcquiring = false
  fork.isSurveying = false
  const again = engine.replay(plan, recordsOf(journal))
  const [stateOne, stateOther] = [runKey(fork, now), runKey(again, now)]
  if (stateOne !== stateOther) return `a replay gives another state:\n  live   ${stateOne}\n  replay ${stateOther}`
  const [one, other] = [textOf(engine.decide(fork)), textOf(engine.decide(again))]
  return one === other ? undefined : `a replay decides otherwise:\n  live   ${one}\n  replay ${other}`
}

function textOf({ records, commands, acquire }: Decision): string {
  return JSON.stringify([records, commands, acquire])
}
