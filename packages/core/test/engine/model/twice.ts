import { runKey } from './key.ts'
import type { Frame, State } from './state.ts'
import type { RunRecord } from '../../../src/index.ts'

/**
 * Delivers the newest record once more, as a shell does that cannot tell whether it was taken. Changes nothing; says what changed, if so.
 * Records that only count a look are left out: without a number of their own, a repeat is one look more.
 */
export function deliverTwice({ engine }: Frame, { run, journal, now }: State): string | undefined {
  const record = journal?.record
  if (record === undefined || !isDefinite(record)) return undefined
  const before = runKey(run, now)
  engine.evolve(run, record)
  const after = runKey(run, now)
  return before === after ? undefined : `${record.type} delivered twice changes the run:\n  once  ${before}\n  twice ${after}`
}

function isDefinite(record: RunRecord): boolean {
  switch (record.type) {
    case 'step.surveyed':
    case 'steps.surveyed':
    case 'step.prepared':
    case 'step.effected':
    case 'undo.effected':
    case 'gate.opened':
    case 'notice.queued':
      return true
    case 'step.verified':
      return record.status === 'healthy' || record.status === 'unhealthy'
    case 'step.probed':
    case 'undo.looked':
    case 'undo.probed':
      return record.position.at !== 'unknown'
    default:
      return false
  }
}
