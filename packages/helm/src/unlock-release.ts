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
import { wayOptions, waySchema } from './way-schema.ts'

export interface UnlockReleaseOptions extends RollbackReleaseOptions {
  /**
   * How long the newest record must have been pending. Choose more than the longest time-out of any Helm that works on this release: a
   * younger one may still be at work. Default `'15m'`.
   */
  readonly olderThan?: Duration | undefined
}

const defaultAge: Duration = '15m'

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
      olderThan: z.custom<Duration>((value) => isDuration(value), 'expected a time with its unit, such as 15m').default(defaultAge),
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

/** Nobody may be at work on the record: it has been pending for longer than any Helm takes. */
function stuckFindings(last: ReleaseRecord, olderThanMs: number, toRevision: number, { clock }: StepContext): readonly Finding[] {
  if (!isPending(last)) {
    // The target reached is no work, also when it is looked at again later.
    if (last.status === 'deployed' && last.rollbackOf?.revision === toRevision) return []
    throw new RollbackError('PRECONDITION_FAILED', `The newest record is revision ${last.revision}, ${last.status}: nothing is stuck`, {
      hint: 'Use rollbackRelease.',
    })
  }
  const since = last.lastDeployedAt === undefined ? 0 : Date.parse(last.lastDeployedAt)
  const ageMs = clock.now() - since
  const seen = `Revision ${last.revision} has been ${last.status} since ${last.lastDeployedAt ?? 'an unknown time'}`
  if (!(ageMs >= olderThanMs)) {
    return [
      {
        level: 'blocker',
        code: 'helm.may-be-at-work',
        message: `${seen}, and a Helm may still be at work on it`,
        hint: 'Wait, or end that helm process and make sure that it is gone.',
      },
    ]
  }
  return [
    {
      level: 'warning',
      code: 'helm.taken-over',
      message: `${seen}; it is taken for dead`,
      hint: 'Make sure that no helm process and no pipeline works on this release.',
    },
  ]
}

function isDuration(value: unknown): boolean {
  try {
    return typeof value === 'string' && durationMs(value as Duration) > 0
  } catch {
    return false
  }
}
