import { type ChildProcess, fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Approval, PreparedPreview, RunView } from '@backstep/core'
import { newRunId, randomId } from '@backstep/runner'
import { shortName } from './names.ts'
import { type Facts, readFacts } from './proof.ts'
import type { Rollback } from './rollback.ts'
import type { FromRunProcess, RunOrder, StopBefore } from './run-process.ts'
import type { Screen } from './screen.ts'
import type { BrokenShop } from './set-up.ts'
import { makeTimeline, type Timeline } from './timeline.ts'

/** Contacts that the effects of this plan make, about: a seed picks one of them. */
const contactsOfRun = 36

/** Without a seed: the database has committed, and the process dies before it can write that down. */
const rightAfterCommit: StopBefore = { step: 'quickstart.undo-migration@schema', contact: 'connect.close', count: 1 }

export function momentOf(seed: number | undefined): StopBefore {
  return seed === undefined ? rightAfterCommit : { count: 1 + ((seed + contactsOfRun - 1) % contactsOfRun) }
}

/** Runs the plan in a process of its own, kills that process in the middle with SIGKILL, and resumes the run in this one. */
export async function runAndCrash(
  screen: Screen,
  shop: BrokenShop,
  { plan, runner }: Rollback,
  approved: { readonly preview: PreparedPreview; readonly approval: Approval },
  seed: number | undefined,
): Promise<RunView> {
  const { root } = shop.layout
  const runId = newRunId(Date.now(), randomId())
  const orderFile = join(root, 'order.json')
  const order: RunOrder = { preview: approved.preview, approvals: [approved.approval], stopBefore: momentOf(seed) }
  writeFileSync(orderFile, JSON.stringify(order))

  const timeline = makeTimeline(screen)
  const child = fork(fileURLToPath(new URL('run-process.ts', import.meta.url)), [root, orderFile, runId], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  screen.section('The run, in a process of its own', `process ${child.pid}, ${runId}`)
  const killedBefore = await followUntilKilled(child, timeline)
  if (killedBefore === undefined) screen.line('the process ended before the moment to kill it came')
  else await showCrash(screen, shop, child, await lastRecord(runner, runId))

  screen.section('The same run, resumed in another process', `process ${process.pid}`)
  const handle = await runner.startResume(plan, { runId })
  for await (const event of handle.events) timeline.show(event)
  const view = await handle.result
  showOnce(screen, await readFacts(shop))
  return view
}

/** Resolves with the contact before which the process was killed, or with `undefined` when it ended by itself. */
function followUntilKilled(child: ChildProcess, timeline: Timeline): Promise<string | undefined> {
  let stoppedBefore: string | undefined
  child.on('message', (message: FromRunProcess) => {
    if ('event' in message) return timeline.show(message.event)
    stoppedBefore = message.stoppedBefore
    child.kill('SIGKILL')
  })
  return new Promise((resolve) => {
    child.on('exit', () => resolve(stoppedBefore))
  })
}

async function lastRecord(runner: Rollback['runner'], runId: string): Promise<string> {
  const record = (await runner.readRun(runId)).records.at(-1)
  return record === undefined ? 'nothing' : `${record.type}${'id' in record ? ` of ${shortName(record.id)}` : ''}`
}

async function showCrash(screen: Screen, shop: BrokenShop, child: ChildProcess, last: string): Promise<void> {
  const facts = await readFacts(shop)
  screen.line(`${screen.paint('red', '  SIGKILL')}  ${screen.paint('bold', `process ${child.pid} is dead`)}`)
  screen.line()
  screen.fact('the journal', `ends with ${last}: nobody wrote down what came of it`)
  screen.fact('the database', `has schema ${facts.schema}; history: ${facts.history.join(', ')}`)
  screen.fact('the shop', `current -> ${facts.current}, serves ${facts.tag}, ${facts.maintenance ? 'in maintenance' : 'open'}`)
}

function showOnce(screen: Screen, facts: Facts): void {
  const undone = facts.history.filter((entry) => entry.startsWith('UNDO_SQL')).length
  screen.line()
  screen.fact(
    'done once',
    `${undone} undo in the history, ${facts.starts} server starts in all (first, deploy, rollback), ${facts.evidenceFiles} evidence file`,
  )
}
