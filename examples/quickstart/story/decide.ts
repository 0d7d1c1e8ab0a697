import { createInterface } from 'node:readline/promises'
import {
  formatDuration,
  leavesOf,
  renderPreviewText,
  totalsOf,
  worstRisk,
  type Approval,
  type Finding,
  type PreparedPreview,
  type SealedLeaf,
} from '@backstep/core'
import { approve } from '@backstep/runner'
import { shortName } from './names.ts'
import { onCall, type Rollback } from './rollback.ts'
import type { Screen } from './screen.ts'

/** Previews the plan and shows it: in short, or everything that the preview holds. */
export async function showPreview(screen: Screen, { plan, runner }: Rollback, isWhole: boolean): Promise<PreparedPreview> {
  screen.section('The plan', 'examples/quickstart/plan.ts')
  const preview = await runner.preview(plan)
  if (isWhole) {
    screen.line()
    process.stdout.write(renderPreviewText(preview, { width: screen.width, colour: screen.hasColour }))
    return preview
  }
  const good = preview.plan.values['quickstart.find-last-good@shop'] ?? {}
  screen.fact('goes back to', `${text(good['tag'])}, commit ${text(good['commit']).slice(0, 12)}, schema ${text(good['schema'])}`)
  screen.fact('because', text(good['evidence']))
  screen.section('Its preview', 'made without changing anything')
  for (const leaf of leavesOf(preview.plan.tree)) showLeaf(screen, leaf, preview)
  screen.line()
  showTotals(screen, preview)
  return preview
}

function showLeaf(screen: Screen, leaf: SealedLeaf, { steps, requires }: PreparedPreview): void {
  const step = steps.find(({ id }) => id === leaf.id)
  const required = requires.find(({ id }) => id === leaf.id)
  const row = (kind: string, text: string): void => {
    screen.line(`${shortName(leaf.id).padEnd(19)}${screen.paint('dim', kind.padEnd(12))}${text}`)
  }
  if (step !== undefined) return row(worstRisk(step.risk), step.refusal?.message ?? step.summary)
  if (required !== undefined)
    return row(required.status === 'healthy' ? 'holds' : required.status, required.evidence.map(({ value }) => value).join(', '))
  if (leaf.gate?.gate === 'approval') return row('approval', `by ${leaf.gate.roles.join(', ')}`)
  if (leaf.type === 'observe')
    return row('check', `healthy for ${formatDuration(leaf.forMs ?? 0)}, given up after ${formatDuration(leaf.deadlineMs ?? 0)}`)
  row('reversible', 'As it was before')
}

function showTotals(screen: Screen, preview: PreparedPreview): void {
  const totals = totalsOf(preview)
  for (const { what, rows = 0, keptIn } of totals.dataLoss) screen.fact('sets aside', `${rows} ${what}, kept in ${keptIn ?? 'no place'}`)
  const count = (level: Finding['level']): number => preview.findings.filter((finding) => finding.level === level).length
  screen.fact('findings', (['blocker', 'warning', 'info'] as const).map((level) => `${count(level)} ${level}`).join(', '))
  screen.fact('going back', totals.risk === 'reversible' ? 'every step can be put back' : totals.risk)
  screen.fact('hash', preview.hash.slice(0, 16))
}

/** The yes that the story gives by itself, said aloud. */
export function approveForStory(screen: Screen, preview: PreparedPreview): Approval {
  screen.fact('approved', `by ${onCall.id} (${onCall.roles?.join(', ') ?? ''}), played by the quickstart; --ask asks you`)
  return approve(preview, { actor: onCall, at: Date.now(), reason: 'orders fail' })
}

/** Asks at the terminal. `undefined` when nobody answers. */
export async function askPerson(screen: Screen, question: string): Promise<'approved' | 'denied' | undefined> {
  if (!process.stdin.isTTY) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const answer = (await terminal.question(`  ${screen.paint('bold', question)} `)).trim().toLowerCase()
    if (answer === 'yes' || answer === 'y') return 'approved'
    return answer === 'no' || answer === 'n' ? 'denied' : undefined
  } finally {
    terminal.close()
  }
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown'
}
