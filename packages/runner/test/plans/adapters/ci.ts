import * as z from 'zod'
import { name } from './options.ts'
import { stubStep } from './stub-step.ts'

export const runJenkinsJob = stubStep({
  kind: 'ci.run-jenkins-job',
  options: z.strictObject({ job: name, tag: name, parameters: z.record(z.string(), z.string()).default({}) }),
  receipt: z.object({ build: z.int() }),
  risk: 'reversible',
  traits: { idempotency: 'keyed', fencing: 'lease-only', layer: 'code' },
  late: ['tag'],
  target: (o) => o.job,
  gives: { build: 1071 },
})
/** The deploy that is still running would put the failed release back. */
export const cancelDeploy = stubStep({
  kind: 'ci.cancel-deploy',
  options: z.strictObject({ workflow: name }),
  receipt: z.object({ cancelled: z.boolean() }),
  risk: 'none',
  target: (o) => o.workflow,
  gives: { cancelled: true },
})
