import { createInterface } from 'node:readline/promises'
import { renderPreviewText, totalsOf, worstRisk, type Approval, type PreparedPreview } from '@backstep/core'
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
  for (const step of preview.steps) {
    const risk = worstRisk(step.risk)
    screen.line(`${shortName(step.id).padEnd(20)}${screen.paint('dim', risk.padEnd(12))}${step.refusal?.message ?? step.summary}`)
  }
  screen.line()
  showTotals(screen, preview)
  return preview
}

function showTotals(screen: Screen, preview: PreparedPreview): void {
  const totals = totalsOf(preview)
  for (const { what, rows = 0, keptIn } of totals.dataLoss) screen.fact('sets aside', `${rows} ${what}, kept in ${keptIn ?? 'no place'}`)
  const count = (level: string): number => preview.findings.filter((finding) => finding.level === level).length
  screen.fact('findings', `${count('blocker')} blockers, ${count('warning')} warnings, ${count('info')} notes`)
  screen.fact('going back', `${totals.risk === 'reversible' ? 'every step can be put back' : totals.risk}`)
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
