import * as z from 'zod'
import { name, names } from './options.ts'
import { stubStep } from './stub-step.ts'

export const applyAtCommit = stubStep({
  kind: 'terraform.apply-at-commit',
  options: z.strictObject({ workspace: name, directory: name, commit: name, maxDestroy: z.literal(0), forbidReplace: names }),
  receipt: z.object({ serial: z.int() }),
  risk: 'reversible',
  traits: { fencing: 'lease-only' },
  late: ['commit'],
  target: (o) => `${o.workspace}/${o.directory}`,
  gives: { serial: 88 },
})
