import { durationMs, formatDuration } from '../contract/duration.ts'
import type { Finding } from '../contract/preparation.ts'
import { sortFindings } from '../lint/sort-findings.ts'
import { livingLeaves } from './preview-tree.ts'
import type { Preview } from './preview.ts'
import { count, momentText, type Entry, type Section } from './wording.ts'

const shownGuards = 8

/** Findings of the plan and of its steps, blockers first, each with what to do. */
export function findingSection(preview: Preview): Section {
  const places = new Map<Finding, string>()
  for (const step of preview.steps) for (const finding of step.findings) places.set(finding, step.id)
  const all = sortFindings([...preview.findings, ...places.keys()])
  return { title: 'FINDINGS', entries: all.map((finding) => findingEntry(finding, places.get(finding))) }
}

function findingEntry(finding: Finding, place: string | undefined): Entry {
  const { level, code, message, hint, page } = finding
  return {
    text: `${level}: ${place === undefined ? '' : `${place}: `}${message}`,
    details: [hint, page === undefined ? code : `${code}, ${page}`],
    ...(level === 'info' ? {} : { weight: level === 'blocker' ? 'bad' : 'careful' }),
  }
}

/** How long the preview holds, and what would void it. */
export function validitySection(preview: Preview): Section {
  const guards = preview.steps.flatMap((step) => step.guards)
  const facts = guards.slice(0, shownGuards).map(({ resource, property, equals }) => `${resource}: ${property} is ${equals}`)
  const rest = guards.length - facts.length
  const world: Entry =
    guards.length === 0
      ? { text: 'No fact about the world is guarded.' }
      : { text: 'It holds while these facts do:', details: [...facts, ...(rest > 0 ? [`and ${count(rest, 'more fact')}`] : [])] }
  const shortest = shortestApprovalMs(preview)
  const approvals: readonly Entry[] =
    shortest === undefined ? [] : [{ text: `An approval counts for ${formatDuration(shortest)}, then it has to be given again.` }]
  return {
    title: 'HOW LONG THIS HOLDS',
    entries: [
      { text: `Made ${momentText(preview.at)}. It has no end of its own.` },
      world,
      { text: 'Another plan, input, outcome or risk than shown here voids it, and so do more lost rows than accepted.' },
      ...approvals,
      { text: `Preview ${preview.hash}` },
    ],
  }
}

function shortestApprovalMs(preview: Preview): number | undefined {
  const times = livingLeaves(preview.plan).flatMap(({ gate }) => (gate?.gate === 'approval' ? [durationMs(gate.expires ?? '4h')] : []))
  return times.length === 0 ? undefined : Math.min(...times)
}
