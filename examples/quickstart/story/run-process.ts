// One process that runs the plan, for the parts of the story in which such a process is killed.
//
//   node run-process.ts <world> <file with preview and approvals> <run id>
//
// Tells its parent every event over the channel between them. When it is asked to, it stops right before one contact and says so;
// the parent then kills it there. When the run is there already, it is resumed.
import { readFileSync } from 'node:fs'
import type { Approval, PreparedPreview } from '@backstep/core'
import type { RunEvent } from '@backstep/runner'
import { openWorld } from '../world/world.ts'
import { openRollback } from './rollback.ts'

/** What the parent writes into the file. */
export interface RunOrder {
  readonly preview: PreparedPreview
  readonly approvals: readonly Approval[]
  readonly stopBefore?: StopBefore
  /** Module of another plan template than the quickstart's, with the same input. */
  readonly planFile?: string
}
/** One place in the effects of a run. */
export interface StopBefore {
  /** `quickstart.undo-migration@schema`; left out: of any step. */
  readonly step?: string
  /** Name of the contact, `connect.close`; left out: any. */
  readonly contact?: string
  /** The how manieth of those, from 1. */
  readonly count: number
}
export type FromRunProcess = { readonly event: RunEvent } | { readonly stoppedBefore: string }

const [root = '', orderFile = '', runId = ''] = process.argv.slice(2)
const { preview, approvals, stopBefore, planFile } = JSON.parse(readFileSync(orderFile, 'utf8')) as RunOrder
const template =
  planFile === undefined ? undefined : ((await import(planFile)) as { readonly default: Parameters<typeof openRollback>[1] }).default
const { plan, runner } = openRollback(openWorld(root), template)
const tell = (message: FromRunProcess): void => void process.send?.(message)
const onEvent = (event: RunEvent): void => tell({ event })

let met = 0
async function stopHere(step: string, method: string, contact: string): Promise<void> {
  const isEffect = method === 'execute' || method === 'compensate'
  if (stopBefore === undefined || !isEffect) return
  if ((stopBefore.step ?? step) !== step || (stopBefore.contact ?? contact) !== contact) return
  met += 1
  if (met !== stopBefore.count) return
  tell({ stoppedBefore: `${step} ${contact}` })
  await new Promise(() => {}) // until we are killed
}
const observer = (id: string, method: string) => ({
  before: ({ name }: { readonly name: string }) => stopHere(id, method, name),
  after: () => {},
})

const isThere = (await runner.listRuns()).includes(runId)
const view = isThere
  ? await runner.resume(plan, { runId, onEvent })
  : await runner.run(plan, { approved: preview, approvals, runId, onEvent, observer })
process.exitCode = view.outcome === 'succeeded' ? 0 : 1
process.disconnect?.()
