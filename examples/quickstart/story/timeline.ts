import type { Approval, Position, RunRecord } from '@backstep/core'
import type { RunEvent } from '@backstep/runner'
import { shortName } from './names.ts'
import { type Screen, wrap } from './screen.ts'

const nameColumn = 19
const textColumn = 8 + 2 + 2 + nameColumn

/** Shows a run while it goes on: a line for each thing that is done, with the time since the run began. */
export interface Timeline {
  readonly show: (event: RunEvent) => void
}

export function makeTimeline(screen: Screen): Timeline {
  const known: Known = { summaries: new Map(), approvals: [] }
  let start: number | undefined
  const signs = {
    done: screen.paint('green', '✓'),
    wrong: screen.paint('red', '✗'),
    note: screen.paint('dim', '·'),
    asked: screen.paint('yellow', '?'),
  }
  const line = (at: number, sign: keyof typeof signs, name: string, text: string): void => {
    const time = `${((at - (start ?? at)) / 1000).toFixed(2)} s`.padStart(8)
    const [first = '', ...rest] = wrap(text, screen.width - textColumn - 2)
    screen.line(`${screen.paint('dim', time)}  ${signs[sign]} ${name.padEnd(nameColumn)}${first}`.trimEnd())
    for (const more of rest) screen.line(`${' '.repeat(textColumn)}${more}`)
  }
  return {
    show(event) {
      if (event.type !== 'record') return
      const { record } = event
      start ??= record.at
      if (record.type === 'run.created') known.approvals.push(...record.approvals)
      if (record.type === 'step.prepared') known.summaries.set(record.id, record.summary)
      const told = tell(record, known)
      if (told !== undefined) line(record.at, ...told)
    },
  }
}

interface Known {
  readonly summaries: Map<string, string>
  readonly approvals: Approval[]
}
type Told = readonly ['done' | 'wrong' | 'note' | 'asked', string, string]

function tell(record: RunRecord, known: Known): Told | undefined {
  switch (record.type) {
    case 'lease.acquired':
      return ['note', 'leases', `${Object.keys(record.tokens).length} targets are ours until the end`]
    case 'gate.opened':
      return tellGate(record, known)
    case 'gate.answered':
      return [record.answer === 'approved' ? 'done' : 'wrong', shortName(record.id), `${record.answer} by ${record.actor.id}`]
    case 'sample.taken':
      return [record.status === 'healthy' ? 'done' : 'wrong', shortName(record.id), sampleText(record)]
    case 'run.resumed':
      return ['note', 'resumed', 'asks the world what was done']
    case 'run.blocked':
      return ['wrong', 'blocked', `${record.reason}: ${record.ids.map(shortName).join(', ')}`]
    case 'run.finished':
      return [record.outcome === 'succeeded' ? 'done' : 'wrong', record.outcome, '']
    default:
      return 'id' in record ? tellStep(record, known) : undefined
  }
}

function sampleText({ status, evidence, detail }: Extract<RunRecord, { type: 'sample.taken' }>): string {
  const seen = evidence.map(({ value }) => value).join(', ')
  return status === 'healthy' ? seen : `${status}: ${detail ?? seen}`
}

/** A yes to exactly this hash, given with the preview, opens the gate at once. */
function tellGate({ id, hash }: Extract<RunRecord, { type: 'gate.opened' }>, { approvals }: Known): Told {
  const given = approvals.filter((approval) => approval.hash === hash).map(({ actor }) => actor.id)
  if (given.length === 0) return ['asked', shortName(id), 'waits for a yes to exactly this preview']
  return ['done', shortName(id), `${given.join(', ')} said yes to exactly this preview`]
}

function tellStep(record: Extract<RunRecord, { id: string }>, { summaries }: Known): Told | undefined {
  const name = shortName(record.id)
  switch (record.type) {
    case 'step.surveyed':
      return record.position === 'before' ? undefined : ['wrong', name, `${record.position}: ${record.detail ?? ''}`]
    case 'step.verified':
      if (record.status !== 'healthy') return ['wrong', name, `${record.status}: ${record.detail ?? ''}`]
      return ['done', name, name.startsWith('leave ') ? 'as it was before' : (summaries.get(record.id) ?? '')]
    case 'step.failed':
      return ['wrong', name, `${record.code}: ${record.message}`]
    case 'step.probed':
      return ['note', name, positionText(record.position.at)]
    case 'undo.effected':
      return ['done', name, 'put back']
    case 'undo.failed':
      return ['wrong', name, `could not be put back: ${record.message}`]
    default:
      return undefined
  }
}

function positionText(at: Position['at']): string {
  const texts = {
    before: 'not done: it is done now',
    after: 'its mark is there, not done again',
    between: 'done in part: it is finished now',
    elsewhere: 'somebody else was here',
    unknown: 'cannot be seen now: asked again',
  }
  return `${at}: ${texts[at]}`
}
