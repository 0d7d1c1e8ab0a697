import { writeFile } from 'node:fs/promises'
import { formatDuration, type LeafView, type RunRecord } from '@backstep/core'
import type { ReadRun } from '@backstep/runner'
import { shortName } from './names.ts'

/** Writes what happened in a run as Markdown, for the people who were asleep. Everything in it comes from the run's journal. */
export async function writeReport(path: string, run: ReadRun): Promise<void> {
  await writeFile(path, renderReport(run))
}

export function renderReport({ view, plan, records }: ReadRun): string {
  const start = records[0]?.at ?? 0
  const end = records.findLast(({ type }) => type === 'run.finished')?.at ?? records.at(-1)?.at ?? start
  return [
    `# ${plan.name}: ${view.outcome ?? view.state}`,
    plan.summary ?? '',
    table([
      ['run', view.runId],
      ['began', new Date(start).toISOString()],
      ['took', formatDuration(end - start)],
      ['processes', String(1 + records.filter(({ type }) => type === 'run.resumed').length)],
      ['approved by', approversOf(records).join(', ') || 'nobody'],
    ]),
    ...(view.failure === undefined ? [] : [`## Why it failed\n\n${view.failure.message}\n\n**Next:** ${view.failure.hint}`]),
    `## What happened\n\n${timeline(records, start)}`,
    `## What was seen\n\n${view.leaves.flatMap(evidenceOf).join('\n')}`,
    ...notRestored(view.leaves),
    '',
  ].join('\n\n')
}

function table(rows: readonly (readonly [string, string])[]): string {
  return ['| | |', '| --- | --- |', ...rows.map(([what, value]) => `| ${what} | ${value} |`)].join('\n')
}

function approversOf(records: readonly RunRecord[]): readonly string[] {
  return records.flatMap((record) => {
    if (record.type === 'run.created') return record.approvals.map(({ actor }) => actor.id)
    return record.type === 'gate.answered' && record.answer === 'approved' ? [record.actor.id] : []
  })
}

function timeline(records: readonly RunRecord[], start: number): string {
  const lines = records.flatMap((record) => {
    const text = describe(record)
    return text === undefined ? [] : [`| ${((record.at - start) / 1000).toFixed(2)} s | ${text} |`]
  })
  return ['| after | what |', '| ---: | --- |', ...lines].join('\n')
}

function describe(record: RunRecord): string | undefined {
  switch (record.type) {
    case 'run.resumed':
      return '**resumed by another process**'
    case 'step.intended':
      return `${shortName(record.id)}: begins${record.attempt > 1 ? `, attempt ${record.attempt}` : ''}`
    case 'step.effected':
      return `${shortName(record.id)}: done`
    case 'step.probed':
      return `${shortName(record.id)}: asked where the world is: ${record.position.at}`
    case 'step.failed':
      return `${shortName(record.id)}: ${record.code}, ${record.message}`
    case 'step.verified':
      return `${shortName(record.id)}: ${record.status}`
    case 'undo.effected':
      return `${shortName(record.id)}: put back`
    case 'sample.taken':
      return `${shortName(record.id)}: ${record.status}, ${record.evidence.map(({ value }) => value).join('; ') || (record.detail ?? '')}`
    case 'run.finished':
      return `**${record.outcome}**`
    default:
      return undefined
  }
}

function evidenceOf({ id, evidence }: LeafView): readonly string[] {
  return evidence.map(({ what, value, source, at }) => `- ${shortName(id)}: ${what} is ${value} (${source}, ${at})`)
}

function notRestored(leaves: readonly LeafView[]): readonly string[] {
  const lines = leaves.flatMap((leaf) => leaf.notRestored.map(({ what, why }) => `- ${what}: ${why}`))
  return lines.length === 0 ? [] : [`## What could not be put back\n\n${lines.join('\n')}`]
}
