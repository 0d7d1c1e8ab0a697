import { defineStep, durationMs, type Duration, type StepFactory } from '@backstep/core'
import { clusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import { helmContacts, type HelmClient } from './client.ts'
import { toRollbackError } from './errors.ts'
import { helmClient } from './helm-client.ts'
import { pendingAge } from './pending-age.ts'
import { performReinstall, seeReinstall, verifyReinstall } from './perform-reinstall.ts'
import { prepareReinstall } from './prepare-reinstall.ts'
import { reinstallPosition } from './reinstall-position.ts'
import type { RollbackReleaseOptions, RollbackReleaseReceipt } from './rollback-release.ts'
import { wayOptions, waySchema } from './way-schema.ts'

/** What is installed anew, and what stays. */
export interface ReinstallOptions extends RollbackReleaseOptions {
  /**
   * Kinds that are changed in place instead of being deleted and made anew, besides volume claims, volumes, namespaces, definitions, Services,
   * Ingresses and Gateways, which always are. Default `['Secret']`: their values may have been given by people or controllers.
   */
  readonly keepKinds?: readonly string[] | undefined
  /** A newest record that is `pending-*` for longer than this is taken for dead. Default `'15m'`. */
  readonly olderThan?: Duration | undefined
}

const known = z.array(z.object({ key: z.string(), uid: z.string() }))

/** Without the question to people that `reinstallRelease` puts before it. */
export const reinstallStep: StepFactory<
  ReinstallOptions,
  RollbackReleaseReceipt,
  'point-of-no-return',
  HelmClient,
  'toRevision' | 'digest'
> = defineStep({
  kind: 'helm.reinstall-release',
  options: z.strictObject({
    ...clusterOptions,
    ...wayOptions,
    keepKinds: z.array(z.string().min(1)).default(['Secret']),
    olderThan: pendingAge,
  }),
  late: ['toRevision', 'digest'],
  prepared: waySchema.extend({ removed: known, kept: known }),
  receipt: z.object({ digest: z.string() }),
  traits: { risk: 'point-of-no-return', idempotency: 'natural', fencing: 'lease-only', layer: 'code' },
  client: (options): HelmClient => helmClient(options),
  contacts: helmContacts,
  toRollbackError,
  target: ({ context, namespace, release }) => ({ system: context, name: `${namespace}/${release}` }),
  prepare: ({ options, client }, context) => prepareReinstall(client, { ...options, olderThanMs: durationMs(options.olderThan) }, context),
  probe: async ({ prepared, options, client }, context) =>
    reinstallPosition(await seeReinstall({ client, options, way: prepared }, context), prepared),
  execute: ({ prepared, options, client }, context) => performReinstall({ client, options, way: prepared }, context),
  verify: ({ prepared, options, client }, context) => verifyReinstall({ client, options, way: prepared }, context),
})
