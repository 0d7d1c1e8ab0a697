import * as z from 'zod'
import { duration, instant, name, names } from './options.ts'
import { stubQuery } from './stub-reads.ts'
import { stubStep } from './stub-step.ts'

const release = { cluster: name, namespace: name, release: name }
const place = (o: { readonly cluster: string; readonly namespace: string; readonly release: string }): string =>
  `${o.cluster}/${o.namespace}/${o.release}`

export const history = stubQuery({
  kind: 'helm.history',
  options: z.strictObject({ ...release, deployedBefore: instant }),
  result: z.object({ digest: z.string(), appVersion: z.string() }),
  target: place,
  answers: { digest: 'sha256:7f1e0c0a', appVersion: '1.4.2' },
})
export const rollbackRelease = stubStep({
  kind: 'helm.rollback-release',
  options: z.strictObject({ ...release, toDigest: name, only: z.string().optional(), timeout: duration.default('10m') }),
  receipt: z.object({ digest: z.string() }),
  risk: 'reversible',
  traits: { fencing: 'lease-only', layer: 'code' },
  late: ['toDigest'],
  target: place,
  gives: { digest: 'sha256:7f1e0c0a' },
})
export const upgradeRelease = stubStep({
  kind: 'helm.upgrade-release',
  options: z.strictObject({ ...release, commit: name, values: names, timeout: duration.default('10m') }),
  receipt: z.object({ digest: z.string() }),
  risk: 'reversible',
  traits: { fencing: 'lease-only', layer: 'code' },
  late: ['commit'],
  target: place,
  gives: { digest: 'sha256:7f1e0c0b' },
})
/** Uninstalls and installs again. What is not named in `keep` is gone. */
export const reinstallRelease = stubStep({
  kind: 'helm.reinstall-release',
  options: z.strictObject({ ...release, commit: name, keep: z.array(z.enum(['pvc', 'load-balancer-ip', 'certificates'])) }),
  receipt: z.object({ digest: z.string() }),
  risk: ['data-loss', 'point-of-no-return'],
  traits: { fencing: 'lease-only', idempotency: 'none', layer: 'code' },
  late: ['commit'],
  target: place,
  gives: { digest: 'sha256:7f1e0c0c' },
})
