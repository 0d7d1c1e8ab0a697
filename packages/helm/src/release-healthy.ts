import { defineCheck, type CheckFactory } from '@backstep/core'
import { clusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import { type HelmClient, helmContacts } from './client.ts'
import { toRollbackError } from './errors.ts'
import { helmClient } from './helm-client.ts'
import { describeDifference, readLive, releaseDifferences, trackObjects } from './live-release.ts'
import { lastRecord, readHistory } from './release-history.ts'
import type { ReleaseQueryOptions } from './release-queries.ts'
import { healthOf } from './release-verdict.ts'
import { releaseOptions } from './way-schema.ts'

export interface ReleaseHealthyOptions extends ReleaseQueryOptions {
  /** The content that has to be live: an output of `rollbackRelease`. Left out: whatever the newest record has. */
  readonly digest?: string | undefined
  /** Differences that are nobody's concern, as the check shows them. */
  readonly tolerate?: readonly string[] | undefined
}

/**
 * Whether a release is what its newest record says and works, by its live objects: the record is deployed and, when it is given, has that
 * content; every object is as its manifest says; every replica of every workload is of the newest template and available.
 */
export const releaseHealthy: CheckFactory<ReleaseHealthyOptions, HelmClient, 'digest'> = defineCheck({
  kind: 'helm.release-healthy',
  options: z.strictObject({
    ...clusterOptions,
    ...releaseOptions,
    digest: z.string().min(1).optional(),
    tolerate: z.array(z.string()).default([]),
  }),
  late: ['digest'],
  client: (options): HelmClient => helmClient(options),
  contacts: helmContacts,
  toRollbackError,
  target: ({ context, namespace, release }) => ({ system: context, name: `${namespace}/${release}` }),
  async sample({ options, client }, context) {
    const record = lastRecord(await readHistory(client, options, context), options)
    const evidence = [
      context.evidence('newest record', `revision ${record.revision}, ${record.status}, ${record.digest.slice(0, 12)}`, 'release records'),
    ]
    if (options.digest !== undefined && options.digest !== record.digest) {
      return {
        status: 'unhealthy',
        evidence,
        expected: options.digest.slice(0, 12),
        actual: `other content: ${record.digest.slice(0, 12)}`,
      }
    }
    if (record.status !== 'deployed') return { status: 'unhealthy', evidence, expected: 'deployed', actual: record.status }
    const tracked = await trackObjects(client, options.namespace, [record], context)
    const [{ objects } = { objects: new Map() }] = tracked
    const live = await readLive(client, tracked, context)
    const found = releaseDifferences(objects, new Map(), live)
      .map(describeDifference)
      .filter((difference) => !options.tolerate.includes(difference))
    if (found.length > 0) return { status: 'unhealthy', evidence, expected: 'objects as the manifest says', actual: found.join('; ') }
    return healthOf(objects, live, context, evidence)
  },
})
