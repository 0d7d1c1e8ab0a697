import { defineStep, type StepFactory } from '@backstep/core'
import { clusterOptions, type ClusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import { type HelmClient, helmContacts } from './client.ts'
import { converge } from './converge.ts'
import { toRollbackError } from './errors.ts'
import { helmClient } from './helm-client.ts'
import { prepareRollback } from './prepare-way.ts'
import type { StorageDriver } from './release-record.ts'
import { goBack, journeyOf, probeWay, verifyWay } from './walk-way.ts'
import { wayOptions, waySchema } from './way-schema.ts'

export interface RollbackReleaseOptions extends ClusterOptions {
  readonly namespace: string
  readonly release: string
  /** The revision to go back to. There is no default: the one before the last may be a failed one. See `lastGoodRelease`. */
  readonly toRevision: number
  /** The digest of that revision, as `releaseHistory` and `lastGoodRelease` answer it: refused when the revision has other content by now. */
  readonly digest?: string | undefined
  /** Whether the target's rollback hooks run. Default `run`. */
  readonly hooks?: 'run' | 'skip' | undefined
  /** Where the records are: what `HELM_DRIVER` says where this release is installed. Default `secret`. */
  readonly driver?: StorageDriver | undefined
  /** The name or the absolute path of the binary. Default `helm`. */
  readonly helm?: string | undefined
  /**
   * Differences between live objects and manifests that are nobody's concern, as a preview shows them
   * (`Deployment/shop/web: /spec/template/spec/containers[web]/image`): what a webhook rewrites on every write.
   */
  readonly tolerate?: readonly string[] | undefined
  /** What to do when Flux or Argo CD owns the release and would put it back: refuse it, or only say so. Default `refuse`. */
  readonly whenOwned?: 'refuse' | 'warn' | undefined
  /** Fields that another manager owns, where Helm 4 applies by the server: refuse, or take them over, also on the way back. Default `refuse`. */
  readonly conflicts?: 'refuse' | 'force' | undefined
}

/** `digest`: the content that the release has now. Its revision number is in the evidence: going back makes a new one. */
export type RollbackReleaseReceipt = { readonly digest: string }

/**
 * Returns a Helm release to the content of an earlier revision, by `helm rollback` to an absolute revision, and proves it: the newest record
 * has the target's content and alone is deployed, every live object is as the target's manifest says, and what only the other manifest had
 * is gone. Helm's exit code proves nothing. An attempt that was cut off is found, waited for and finished.
 *
 * It does not take back what hooks did, what was changed by hand meanwhile, custom resource definitions in `crds/`, or data.
 *
 * Refused before anything happens: a release that is pending, APIs that the server no longer serves, objects that this Helm would fail on,
 * the removal of volumes, namespaces and definitions, an owner that would put it back.
 */
export const rollbackRelease: StepFactory<
  RollbackReleaseOptions,
  RollbackReleaseReceipt,
  'reversible',
  HelmClient,
  'toRevision' | 'digest'
> = defineStep({
  kind: 'helm.rollback-release',
  options: z.strictObject({
    ...clusterOptions,
    ...wayOptions,
  }),
  late: ['toRevision', 'digest'],
  prepared: waySchema,
  receipt: z.object({ digest: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', layer: 'code' },
  client: (options): HelmClient => helmClient(options),
  contacts: helmContacts,
  toRollbackError,
  target: ({ context, namespace, release }) => ({ system: context, name: `${namespace}/${release}` }),

  prepare: ({ options, client }, context) => prepareRollback(client, options, context),
  probe: ({ prepared, options, client }, context) => probeWay(client, options, prepared, context),
  execute: ({ prepared, options, client }, context) => converge(journeyOf(client, options, prepared, 'after'), context),
  verify: ({ prepared, options, client }, context) => verifyWay(client, options, prepared, context),
  compensate: ({ prepared, options, client }, context) => goBack(journeyOf(client, options, prepared, 'before'), context),
})
