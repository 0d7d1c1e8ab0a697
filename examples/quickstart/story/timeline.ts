import type { RunRecord } from '@backstep/core'
import type { RunEvent } from '@backstep/runner'
import { shortName } from './names.ts'
import type { Screen } from './screen.ts'

const nameColumn = 18

/** Shows a run while it goes on: a line for each thing that is done, with the time since the run began. */
export interface Timeline {
  readonly show: (event: RunEvent) => void
}

export function makeTimeline(screen: Screen): Timeline {
  const begun = new Map<string, number>()
  const summaries = new Map<string, string>()
  let start: number | undefined
  const mark = {
    done: screen.paint('green', '✓'),
    wrong: screen.paint('red', '✗'),
    note: screen.paint('dim', '·'),
    asked: screen.paint('yellow', '?'),
  }
  const line = (at: number, sign: keyof typeof mark, name: string, text: string): void => {
    const time = `${((at - (start ?? at)) / 1000).toFixed(2)} s`.padStart(8)
    const room = screen.width - 2 - 8 - 2 - 2 - nameColumn - 1
    screen.line(`${screen.paint('dim', time)}  ${mark[sign]} ${name.padEnd(nameColumn)}${shorten(text, room)}`)
  }
  return {
    show(event) {
      if (event.type !== 'record') return
      const { record } = event
      start ??= record.at
      if (record.type === 'step.prepared') summaries.set(record.id, record.summary)
      if (record.type === 'step.intended') begun.set(record.id, record.at)
      const told = tell(record, summaries, begun)
      if (told !== undefined) line(record.at, ...told)
    },
  }
}

type Told = readonly ['done' | 'wrong' | 'note' | 'asked', string, string]

function tell(record: RunRecord, summaries: ReadonlyMap<string, string>, begun: ReadonlyMap<string, number>): Told | undefined {
  switch (record.type) {
    case 'lease.acquired':
      return ['note', 'leases', `${Object.keys(record.tokens).length} targets are ours until the end`]
    case 'gate.opened':
      return ['asked', shortName(record.id), 'waits for a yes to exactly this preview']
    case 'gate.answered':
      return [record.answer === 'approved' ? 'done' : 'wrong', shortName(record.id), `${record.answer} by ${record.actor.id}`]
    case 'sample.taken':
      return [record.status === 'healthy' ? 'done' : 'wrong', shortName(record.id), sampleText(record)]
    case 'run.resumed':
      return ['note', 'resumed', `process ${process.pid} goes on, epoch ${record.epoch}`]
    case 'run.blocked':
      return ['wrong', 'blocked', `${record.reason}: ${record.ids.map(shortName).join(', ')}`]
    case 'run.finished':
      return [record.outcome === 'succeeded' ? 'done' : 'wrong', record.outcome, '']
    default:
      return 'id' in record ? tellStep(record, summaries, begun) : undefined
  }
}

function sampleText({ status, evidence, detail }: Extract<RunRecord, { type: 'sample.taken' }>): string {
  const seen = evidence.map(({ value }) => value).join(', ')
  return status === 'healthy' ? seen : `${status}: ${detail ?? seen}`
}

function tellStep(
  record: Extract<RunRecord, { id: string }>,
  summaries: ReadonlyMap<string, string>,
  begun: ReadonlyMap<string, number>,
): Told | undefined {
  const name = shortName(record.id)
  switch (record.type) {
    case 'step.surveyed':
      return record.position === 'before' ? undefined : ['wrong', name, `${record.position}: ${record.detail ?? ''}`]
    case 'step.verified': {
      const took = begun.has(record.id) ? ` (${record.at - (begun.get(record.id) ?? 0)} ms)` : ''
      return [record.status === 'healthy' ? 'done' : 'wrong', name, `${summaries.get(record.id) ?? record.status}${took}`]
    }
    case 'step.failed':
      return ['wrong', name, `${record.code}: ${record.message}`]
    case 'step.probed':
      return ['note', name, `was in doubt; the world says: ${record.position.at}`]
    case 'undo.effected':
      return ['done', name, 'put back']
    case 'undo.failed':
      return ['wrong', name, `could not be put back: ${record.message}`]
    default:
      return undefined
  }
}

function shorten(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`
}
