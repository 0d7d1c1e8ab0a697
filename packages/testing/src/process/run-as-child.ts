import { readFile } from 'node:fs/promises'
import { RollbackError, type Json, type Plan, type PreparedPreview, type Risk, type RunView } from '@backstep/core'
import { approve, fileRunner, type FileRunnerOptions, type ResumeRunOptions, type Runner } from '@backstep/runner'
import { allowUndo, kitActor } from '../kit/person.ts'
import { childRunId, filesOf, readIfThere, writeWhole, type ChildEnd, type Instruction } from './instruction.ts'

/** What a child runs. */
export interface ChildProgram {
  readonly plan: Plan<Risk>
  /** Further options of the runner: secrets, limits. Its directory is given by the test. */
  readonly runner?: Omit<FileRunnerOptions, 'directory'>
}

/**
 * The whole of a child program for `testInChildProcess`: builds the plan, previews and approves it, runs it with a journal on disk, and
 * resumes it when an earlier child was killed.
 *
 * ```ts
 * // restore-file.child.ts
 * await runAsChild(({ path }: { path: string }) => ({ plan: plan({ name: 'restore', steps: restoreFile({ path, text: 'good' }) }) }))
 * ```
 *
 * @param build Makes the plan from the input of the test. Called once in each child: the same input has to give the same plan.
 * @throws RollbackError of the runner. A child that throws fails the test with what it printed.
 */
export async function runAsChild<Input extends Json>(build: (input: Input) => ChildProgram | Promise<ChildProgram>): Promise<void> {
  const [, , path = ''] = process.argv
  const instruction = JSON.parse(await readFile(path, 'utf8')) as Instruction
  const files = filesOf(instruction.directory)
  const { plan, runner: options } = await build(instruction.input as Input)
  const runner = fileRunner({ ...options, directory: files.state })
  const contacts: ChildEnd['contacts'][number][] = []
  const observer = deathAt(instruction, contacts)
  const view = await goOn(runner, plan, files.preview, { runId: childRunId, observer, onBlocked: allowUndo })
  await writeWhole(files.end, { outcome: view.outcome ?? `${view.state} (${view.blocked?.reason ?? 'gate'})`, contacts } satisfies ChildEnd)
}

async function goOn(runner: Runner, plan: Plan<Risk>, previewPath: string, options: ResumeRunOptions): Promise<RunView> {
  const approved = await previewed(runner, plan, previewPath)
  try {
    return await runner.resume(plan, options)
  } catch (error) {
    if (!(error instanceof RollbackError) || error.code !== 'RUN_NOT_FOUND') throw error
    const yes = approve(approved, { actor: kitActor, at: Date.now(), accepts: approved.steps.map(({ id }) => id) })
    return runner.run(plan, { ...options, approved, approvals: [yes] })
  }
}

async function previewed(runner: Runner, plan: Plan<Risk>, path: string): Promise<PreparedPreview> {
  const kept = await readIfThere<PreparedPreview>(path)
  if (kept !== undefined) return kept
  const made = await runner.preview(plan)
  await writeWhole(path, made)
  return made
}

function deathAt({ kill }: Instruction, contacts: ChildEnd['contacts'][number][]): NonNullable<ResumeRunOptions['observer']> {
  let count = 0
  const numbers = new WeakMap<object, number>()
  return (id, method) => ({
    before(call) {
      numbers.set(call, ++count)
      contacts.push({ ...call, id, method })
      if (kill?.when === 'before' && kill.contact === count) dieHere()
    },
    after(call) {
      if (kill?.when === 'after' && kill.contact === numbers.get(call)) dieHere()
    },
  })
}

/** No handler runs, nothing is flushed: as when the machine loses its power, but for what the system has already been given. */
function dieHere(): void {
  process.kill(process.pid, 'SIGKILL')
}
