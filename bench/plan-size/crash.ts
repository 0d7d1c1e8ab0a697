import { fileRunner } from '@backstep/runner'
import { atStep } from '../no-op.ts'
import { lastStepOf, planOf, type PlanShape } from './shapes.ts'

/** Runs a plan in the given state directory, and is killed when its last step begins: what is left is the journal of nearly all of it. */
const [directory = '', shape = '', count = ''] = process.argv.slice(2)
const plan = planOf(shape as PlanShape, Number(count))
const last = lastStepOf(shape as PlanShape, Number(count))
atStep.call = (name) => {
  if (name === last) process.kill(process.pid, 'SIGKILL')
}
const runner = fileRunner({ directory })
await runner.run(plan, { approved: await runner.preview(plan), runId: 'crashed' })
