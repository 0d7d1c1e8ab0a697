import { defineQuery, RollbackError, type QueryFactory } from '@backstep/core'
import { clusterOptions, type ClusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import { type HelmClient, helmContacts } from './client.ts'
import { toRollbackError } from './errors.ts'
import { helmClient } from './helm-client.ts'
import { judgeRevisions, type JudgedRevision } from './judge-revisions.ts'
import { lastRecord, readHistory } from './release-history.ts'
import type { StorageDriver } from './release-record.ts'
import { releaseOptions } from './way-schema.ts'

export interface ReleaseQueryOptions extends ClusterOptions {
  readonly namespace: string
  readonly release: string
  /** Where the records are. Default `secret`. */
  readonly driver?: StorageDriver | undefined
  /** Not used by a query; taken so that one set of options serves all. */
  readonly helm?: string | undefined
}

/** One revision of a release. */
export type Revision = {
  readonly revision: number
  readonly status: string
  /** Identity of its content; hand it to `rollbackRelease` with the number. */
  readonly digest: string
  readonly chart: string
  readonly appVersion: string
  readonly deployedAt: string
  readonly description: string
  readonly isCandidate: boolean
  readonly why: string
}

export type ReleaseHistory = {
  readonly newest: number
  readonly revisions: readonly Revision[]
  /** Records that are there and cannot be read; Helm leaves them out without a word. */
  readonly unreadable: readonly string[]
}

export type LastGoodRelease = { readonly revision: number; readonly digest: string; readonly evidence: string }

const revision = z.object({
  revision: z.int(),
  status: z.string(),
  digest: z.string(),
  chart: z.string(),
  appVersion: z.string(),
  deployedAt: z.string(),
  description: z.string(),
  isCandidate: z.boolean(),
  why: z.string(),
})
const options = z.strictObject({ ...clusterOptions, ...releaseOptions })
const targetOf = (given: object): { readonly system: string; readonly name: string } => {
  const { release } = given as { readonly release: unknown }
  return { system: 'helm', name: typeof release === 'string' ? release : 'release' }
}

/** Every revision of a release, newest first, with whether it is something to go back to and why. */
export const releaseHistory: QueryFactory<ReleaseQueryOptions, ReleaseHistory, HelmClient> = defineQuery({
  kind: 'helm.release-history',
  options,
  result: z.object({ newest: z.int(), revisions: z.array(revision), unreadable: z.array(z.string()) }),
  client: (given): HelmClient => helmClient(given),
  contacts: helmContacts,
  toRollbackError,
  target: targetOf,
  async read({ options: ref, client }, context) {
    const history = await readHistory(client, ref, context)
    const newest = lastRecord(history, ref).revision
    return { newest, revisions: judgeRevisions(history).map(revisionOf), unreadable: history.unreadable.map(({ name }) => name) }
  },
})

/**
 * The newest revision that is something to go back to: it was deployed, no test of it failed, nobody has rolled back from it, and its content
 * is not the one of now. Its number and digest are outputs for `rollbackRelease`. That it was good is not in Helm's records: compare the
 * evidence with what your monitoring says of that time.
 *
 * @throws RollbackError `TARGET_NOT_FOUND` when there is none, with what speaks against each.
 */
export const lastGoodRelease: QueryFactory<ReleaseQueryOptions, LastGoodRelease, HelmClient> = defineQuery({
  kind: 'helm.last-good-release',
  options,
  result: z.object({ revision: z.int(), digest: z.string(), evidence: z.string() }),
  client: (given): HelmClient => helmClient(given),
  contacts: helmContacts,
  toRollbackError,
  target: targetOf,
  async read({ options: ref, client }, context) {
    const history = await readHistory(client, ref, context)
    lastRecord(history, ref)
    const judged = judgeRevisions(history)
    const found = judged.find(({ isCandidate }) => isCandidate)
    if (found === undefined) throw noneGood(ref.release, judged)
    const { record, why } = found
    const chart = `${record.chart.name} ${record.chart.version}`
    return { revision: record.revision, digest: record.digest, evidence: `revision ${record.revision} (${chart}): ${why}` }
  },
})

function revisionOf({ record, isCandidate, why }: JudgedRevision): Revision {
  return {
    revision: record.revision,
    status: record.status,
    digest: record.digest,
    chart: `${record.chart.name} ${record.chart.version}`,
    appVersion: record.chart.appVersion ?? '',
    deployedAt: record.lastDeployedAt ?? '',
    description: record.description,
    isCandidate,
    why,
  }
}

function noneGood(release: string, judged: readonly JudgedRevision[]): RollbackError {
  const reasons = judged.map(({ record, why }) => `${record.revision}: ${why}`).join('; ')
  return new RollbackError('TARGET_NOT_FOUND', `${release} has no revision to go back to (${reasons})`, {
    hint: 'Name a revision yourself, or deploy a version that is known to be good.',
  })
}
