// What the programs about stopped runs share: a fresh shop, a runner, and a person who answers.
import { plan, type OnFailure, type OperatorAnswer, type Plan, type PlanNode, type RunView } from '@backstep/core'
import { approve, fileRunner, type Runner, type RunOptions } from '@backstep/runner'
import { openShop, put } from './scene.ts'
import { showRun } from './show.ts'
import { deleteFile } from './steps/delete-file.ts'
import { localFiles, type Files } from './steps/files.ts'
import { holds } from './steps/holds.ts'
import { restoreJson } from './steps/restore-json.ts'

export const ana = { id: 'ana', roles: ['on-call'] }
export const { shop, runs: directory } = openShop()
export const runner: Runner = fileRunner({ directory, actor: ana, limits: { leaseWaitMs: 300 } })

const room = { left: true }
/** The disk of the prices runs full, or has room again. */
export const setRoom = (isLeft: boolean): boolean => (room.left = isLeft)

const mayBeFull: Files = {
  ...localFiles(),
  write: (path, text) =>
    room.left
      ? localFiles().write(path, text)
      : Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC', path: 'prices.json' })),
}

/** The last write of this disk is made, and its answer is lost; then somebody else writes the same file. */
const losesAnswer: Files = {
  ...localFiles(),
  async rename(from, to) {
    await localFiles().rename(from, to)
    put(to, { tea: 5 })
    throw Object.assign(new Error('the connection to the disk is gone'), { code: 'EIO', path: 'prices.json' })
  },
}

const v1 = { tea: 3 }
export const flags = () => restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } })
export const release = () => restoreJson({ file: `${shop}/release.json`, to: { version: 'v1' } })
export const prices = () => restoreJson({ file: `${shop}/prices.json`, to: v1 }, { client: mayBeFull })
export const pricesOnBadDisk = () => restoreJson({ file: `${shop}/prices.json`, to: v1 }, { client: losesAnswer, attempts: 1 })
export const orders = () => restoreJson({ file: `${shop}/orders.json`, to: { orders: [1] }, writtenBy: 'customers' })
export const oldOrders = () => deleteFile({ file: `${shop}/old-orders.json` })
export const noErrors = () => holds({ file: `${shop}/errors.json`, key: 'rate', value: 0 })

/** Makes a plan of these steps. Built again it is the same plan, as a resume needs it. */
export function planOf(name: string, steps: () => PlanNode, policy: OnFailure = 'halt'): () => Plan {
  return () => plan({ name, onFailure: policy, steps: steps() })
}

/** Runs a plan with everything accepted that its preview shows, and tells where it stands. */
export async function runUntilStopped(build: () => Plan, options: Partial<RunOptions> = {}): Promise<RunView> {
  const made = build()
  const approved = await runner.preview(made)
  const yes = approve(approved, { actor: ana, at: Date.now(), accepts: approved.steps.map(({ id }) => id) })
  const view = await runner.run(made, { approved, approvals: [yes], ...options })
  console.log(`--- ${made.name}`)
  showRun(view)
  return view
}

/** Answers as a person does, resumes, and tells where the run stands then. */
export async function answerAndResume(
  build: () => Plan,
  { runId, plan: name }: RunView,
  answer: OperatorAnswer,
  id?: string,
): Promise<RunView> {
  await runner.answer(runId, { ...(id === undefined ? {} : { id }), answer, actor: ana, reason: 'there is room again' })
  const view = await runner.resume(build(), { runId })
  console.log(`--- ${name}:${answer}`)
  showRun(view)
  return view
}
