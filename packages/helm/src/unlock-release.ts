import { defineStep, durationMs, RollbackError, type Duration, type Finding, type StepContext, type StepFactory } from '@backstep/core'
import { clusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import { type HelmClient, helmContacts } from './client.ts'
import { converge } from './converge.ts'
import { toRollbackError } from './errors.ts'
import { helmClient } from './helm-client.ts'
import { prepareRollback } from './prepare-way.ts'
import { isPending } from './release-history.ts'
import type { ReleaseRecord } from './release-record.ts'
import type { RollbackReleaseOptions, RollbackReleaseReceipt } from './rollback-release.ts'
import { goBack, journeyOf, probeWay, verifyWay } from './walk-way.ts'
import { pendingAge, pendingAgeFindings } from './pending-age.ts'
import { wayOptions, waySchema } from './way-schema.ts'

export interface UnlockReleaseOptions extends RollbackReleaseOptions {
  /**
   * How long the newest record must have been pending. Choose more than the longest time-out of any Helm that works on this release: a
   * younger one may still be at work. Default `'15m'`.
   */
  readonly olderThan?: Duration | undefined
}

/**
 * Frees a release that is stuck in `pending-install`, `pending-upgrade` or `pending-rollback` because its Helm died: returns it to the
 * content of a revision that you name, after the record has been pending for long enough that nobody can be at work on it. A release that is
 * not pending is refused: `rollbackRelease` is for that.
 *
 * What the interrupted Helm had changed is in the preview as changes by hand. Its undo goes on to the content that Helm was on the way to,
 * deployed instead of pending.
 */
export const unlockRelease: StepFactory<UnlockReleaseOptions, RollbackReleaseReceipt, 'reversible', HelmClient, 'toRevision' | 'digest'> =
  defineStep({
    kind: 'helm.unlock-release',
    options: z.strictObject({
      ...clusterOptions,
      ...wayOptions,
      olderThan: pendingAge,
    }),
    late: ['toRevision', 'digest'],
    prepared: waySchema,
    receipt: z.object({ digest: z.string() }),
    traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', layer: 'code' },
    client: (options): HelmClient => helmClient(options),
    contacts: helmContacts,
    toRollbackError,
    target: ({ context, namespace, release }) => ({ system: context, name: `${namespace}/${release}` }),
    prepare: ({ options, client }, context) =>
      prepareRollback(client, options, context, (last) => stuckFindings(last, durationMs(options.olderThan), options.toRevision, context)),
    probe: ({ prepared, options, client }, context) => probeWay(client, options, prepared, context),
    execute: ({ prepared, options, client }, context) => converge(journeyOf(client, options, prepared, 'after'), context),
    verify: ({ prepared, options, client }, context) => verifyWay(client, options, prepared, context),
    compensate: ({ prepared, options, client }, context) => goBack(journeyOf(client, options, prepared, 'before'), context),
  })

/** A release that is not pending is for another step. */
function stuckFindings(last: ReleaseRecord, olderThanMs: number, toRevision: number, { clock }: StepContext): readonly Finding[] {
  if (isPending(last)) return pendingAgeFindings(last, olderThanMs, clock.now())
  // The target reached is no work, also when it is looked at again later.
  if (last.status === 'deployed' && last.rollbackOf?.revision === toRevision) return []
  throw new RollbackError('PRECONDITION_FAILED', `The newest record is revision ${last.revision}, ${last.status}: nothing is stuck`, {
    hint: 'Use rollbackRelease.',
  })
}
