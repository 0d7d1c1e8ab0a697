import { durationMs, formatDuration } from '../contract/duration.ts'
import type { Duration } from '../contract/json.ts'
import type { GateOptions } from '../contract/nodes.ts'
import { isHazardous } from '../contract/risk.ts'
import { livingLeaves } from './preview-tree.ts'
import type { Preview } from './preview.ts'
import { listed, type Entry, type Section } from './wording.ts'

type Approval = Extract<GateOptions, { gate: 'approval' }>

/** Who is asked what, in the order of the plan, and which steps ask again. */
export function peopleSection(preview: Preview): Section {
  const gates = livingLeaves(preview.plan).flatMap(({ gate }) => (gate === undefined ? [] : [gateEntry(gate)]))
  const again = preview.steps
    .filter(({ state, risk }) => state === 'late' && isHazardous(risk))
    .map(({ id }): Entry => ({ text: `${id} asks again when it is reached, with what it would then lose`, weight: 'careful' }))
  const entries = [...gates, ...again]
  return { title: 'PEOPLE NEEDED', entries: entries.length === 0 ? [{ text: 'Nobody: the plan asks no one.' }] : entries }
}

function gateEntry(gate: GateOptions): Entry {
  switch (gate.gate) {
    case 'approval':
      return { text: `Approval "${gate.name}" by ${quorumText(gate)}`, details: [approvalDetail(gate)] }
    case 'manual-check':
      return { text: `Check "${gate.name}" by ${gate.role}, within ${timeText(gate.timeout)}`, details: gate.checklist }
    case 'decision':
      return {
        text: `Decision "${gate.name}" by ${gate.role}, within ${timeText(gate.timeBox)}: ${listed(gate.options, 'or')}`,
        details: [gate.onTimeout === 'escalate' ? 'no answer in time calls a person' : `no answer in time counts as ${gate.onTimeout}`],
      }
  }
}

/** `one of each: dba, product-owner`; `2 of: dba, cto`. */
export function quorumText({ roles, quorum = 1 }: Approval): string {
  if (roles.length === 1 && (quorum === 'all' || quorum === 1)) return roles.join('')
  return quorum === 'all' ? `one of each: ${roles.join(', ')}` : `${quorum} of: ${roles.join(', ')}`
}

function approvalDetail({ expires = '4h', breakGlass }: Approval): string {
  const alone = breakGlass === true ? '; in an emergency one person alone, with a reason' : ''
  return `counts for ${timeText(expires)}${alone}`
}

function timeText(duration: Duration): string {
  return formatDuration(durationMs(duration))
}
