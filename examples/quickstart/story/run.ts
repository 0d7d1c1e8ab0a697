import { existsSync } from 'node:fs'
import { exitCodeOf } from '@backstep/runner'
import type { Approval, PreparedPreview, RunView } from '@backstep/core'
import { askPerson } from './decide.ts'
import { shortName } from './names.ts'
import { onCall, type Rollback } from './rollback.ts'
import type { Screen } from './screen.ts'
import { makeTimeline } from './timeline.ts'

/** Runs what was previewed and shows it line by line. Without an approval the person at the terminal is asked when the gate opens. */
export async function runHere(
  screen: Screen,
  { plan, runner }: Rollback,
  preview: PreparedPreview,
  approval: Approval | undefined,
): Promise<RunView> {
  const isShown = Promise.withResolvers<void>() // the question comes after the lines that lead to it
  const handle = await runner.start(plan, {
    approved: preview,
    approvals: approval === undefined ? [] : [approval],
    async onGate({ id, hash }) {
      await isShown.promise
      const answer = await askPerson(screen, 'Go back to the last good release? [yes/no]')
      return answer === undefined
        ? undefined
        : { ask: 'gate', id, hash, answer, actor: { ...onCall, id: process.env['USER'] ?? onCall.id } }
    },
  })
  screen.section('The run', handle.runId)
  const timeline = makeTimeline(screen)
  for await (const event of handle.events) {
    timeline.show(event)
    if (event.type === 'record' && event.record.type === 'gate.opened') isShown.resolve()
  }
  return handle.result
}

/** One line on how it ended, and what to do when it did not end well. Returns the exit code. */
export function showEnd(screen: Screen, view: RunView, fileOfReport: string): number {
  const code = exitCodeOf(view)
  screen.line()
  const text = {
    0: 'The shop is well again.',
    1: 'It failed and was put back.',
    2: 'A person is needed.',
    3: 'Refused; nothing was changed.',
    4: 'Not decided.',
  }[code]
  screen.row(screen.paint('bold', screen.paint(code === 0 ? 'green' : 'yellow', text)), screen.paint('dim', `exit code ${code}`))
  if (view.failure !== undefined) {
    screen.fact('why', `${view.failure.code}: ${view.failure.message}`)
    screen.fact('next', view.failure.hint)
  }
  for (const { id } of view.openGates) screen.fact('waits at', shortName(id))
  if (code === 4) screen.fact('next', 'Answer at a terminal, or leave out --ask.')
  if (existsSync(fileOfReport)) screen.fact('report', fileOfReport)
  return code
}
