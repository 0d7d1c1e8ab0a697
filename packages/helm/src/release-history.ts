import { RollbackError } from '@backstep/core'
import type { Call, KubernetesClient, KubernetesObject } from '@backstep/kubernetes'
import { decodeRecord, type ReleaseRecord, type StorageDriver } from './release-record.ts'

/** Where a release is. */
export interface ReleaseRef {
  readonly namespace: string
  readonly release: string
  readonly driver: StorageDriver
}

/** A record that is there and cannot be read. Helm leaves it out of its own lists without a word. */
export interface UnreadableRecord {
  readonly name: string
  /** From the name of the record; `undefined` when it does not say. */
  readonly revision: number | undefined
  readonly why: string
}

/** All records of a release, oldest first. */
export interface History {
  readonly records: readonly ReleaseRecord[]
  readonly unreadable: readonly UnreadableRecord[]
}

/** Reads the records of a release from its Secrets or ConfigMaps: one request, and no word of Helm's. */
export async function readHistory(
  client: Pick<KubernetesClient, 'list'>,
  { namespace, release, driver }: ReleaseRef,
  call: Call,
): Promise<History> {
  const kind = driver === 'configmap' ? 'ConfigMap' : 'Secret'
  const found = await client.list({ apiVersion: 'v1', kind, namespace, labelSelector: `owner=helm,name=${release}` }, call)
  return historyOf(found.map((object) => ({ ...object, apiVersion: 'v1', kind })))
}

/** The same from objects that are at hand. */
export function historyOf(objects: readonly KubernetesObject[]): History {
  const records: ReleaseRecord[] = []
  const unreadable: UnreadableRecord[] = []
  for (const object of objects) {
    try {
      records.push(decodeRecord(object))
    } catch (error) {
      if (!(error instanceof RollbackError)) throw error
      const { name } = object.metadata
      const [, revision] = /\.v(\d+)$/.exec(name) ?? []
      unreadable.push({ name, revision: revision === undefined ? undefined : Number(revision), why: error.message })
    }
  }
  return { records: records.sort((one, other) => one.revision - other.revision), unreadable }
}

/**
 * The newest record, whatever its status: what Helm compares with. A record that cannot be read and may be newer refuses everything, since
 * the newest one is then not known.
 *
 * @throws RollbackError `TARGET_NOT_FOUND` when there is no record, `NOT_SUPPORTED` when the newest one cannot be read.
 */
export function lastRecord({ records, unreadable }: History, { namespace, release, driver }: ReleaseRef): ReleaseRecord {
  const last = records.at(-1)
  const newer = unreadable.find(({ revision }) => revision === undefined || revision > (last?.revision ?? 0))
  if (newer !== undefined) {
    throw new RollbackError('NOT_SUPPORTED', newer.why, {
      hint: 'Nothing is done while the newest record of the release cannot be read: repair or remove it by hand.',
    })
  }
  if (last !== undefined) return last
  throw new RollbackError('TARGET_NOT_FOUND', `There is no release ${release} in namespace ${namespace} (kept in ${driver}s)`, {
    hint: 'Check context, namespace, release and driver; `helm list -A` shows what there is.',
  })
}

/**
 * The record of one revision.
 *
 * @throws RollbackError `TARGET_NOT_FOUND` when Helm has removed it or it never was, `NOT_SUPPORTED` when it cannot be read.
 */
export function recordOf(history: History, revision: number, { release }: ReleaseRef): ReleaseRecord {
  const found = history.records.find((record) => record.revision === revision)
  if (found !== undefined) return found
  const broken = history.unreadable.find((record) => record.revision === revision)
  if (broken !== undefined) throw new RollbackError('NOT_SUPPORTED', broken.why, { hint: 'Choose another revision.' })
  const revisions = history.records.map((record) => record.revision).join(', ')
  throw new RollbackError('TARGET_NOT_FOUND', `${release} has no revision ${revision}; it has ${revisions}`, {
    hint: 'Choose one of these: Helm keeps ten revisions by default and removes the oldest.',
  })
}

/** Records that call themselves deployed; more than one after a race or a refused update. */
export function deployedRecords({ records }: History): readonly ReleaseRecord[] {
  return records.filter(({ status }) => status === 'deployed')
}

/** Helm was at work on this record, or still is. */
export function isPending({ status }: ReleaseRecord): boolean {
  return status.startsWith('pending-') || status === 'uninstalling'
}
