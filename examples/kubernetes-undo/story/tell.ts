import type { RunRecord } from '@backstep/core'

/** A line for each record that a person wants to hear of; nothing for the others. */
export function tell(record: RunRecord): string | undefined {
  switch (record.type) {
    case 'gate.opened':
      return `? ${record.id} asks, and takes the yeses that were given with the preview`
    case 'gate.answered':
      return `✓ ${record.id}: ${record.answer} by ${record.actor.id}`
    case 'step.verified':
      return `${sign(record.status)} ${record.id}: ${record.evidence.map(({ value }) => value).join('; ')}`
    case 'step.failed':
      return `✗ ${record.id}: ${record.message}`
    case 'undo.effected':
      return `✓ ${record.id}: put back`
    case 'sample.taken':
      return `${sign(record.status)} ${record.id}: ${record.evidence.map(({ value }) => value).join('; ')}`
    case 'run.finished':
      return `✓ the run says: ${record.outcome}`
    default:
      return undefined
  }
}

function sign(status: string): string {
  return status === 'healthy' ? '✓' : status === 'unhealthy' ? '✗' : '·'
}
