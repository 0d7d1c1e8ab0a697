import * as z from 'zod'
import { name } from './options.ts'
import { stubStep } from './stub-step.ts'

/** A new value; the old one counts no more, so nobody puts it back. */
export const rotateSecret = stubStep({
  kind: 'secrets.rotate',
  options: z.strictObject({ vault: name, secret: name }),
  receipt: z.object({ version: z.string() }),
  risk: 'point-of-no-return',
  traits: { idempotency: 'keyed' },
  target: (o) => `${o.vault}/${o.secret}`,
  gives: { version: '4a' },
})
