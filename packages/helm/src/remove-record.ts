import type { ExecuteContext, JsonObject } from '@backstep/core'
import { RollbackError } from '@backstep/core'
import type { HelmClient } from './client.ts'
import type { ReleaseRef } from './release-history.ts'
import type { ReleaseRecord } from './release-record.ts'

/** Finds the copies of records that were removed. */
export const removedRecordLabel = 'backstep.dev/removed-helm-record'

/**
 * Takes one record out of Helm's storage, the only thing that is written there without Helm. A copy stays in the namespace under another
 * name and without Helm's labels: `backstep.<name of the record>.<start of its uid>`. Another record that has come in its place is left alone.
 *
 * @throws RollbackError `DRIFTED` without effect when the record is another one by now.
 */
export async function removeRecord(client: HelmClient, record: ReleaseRecord, ref: ReleaseRef, context: ExecuteContext): Promise<void> {
  const { kind, name, uid } = record.storedAs
  const place = { apiVersion: 'v1', kind, namespace: ref.namespace, name }
  const stored = await client.get(place, context)
  if (stored === undefined) return
  if (stored.metadata.uid !== uid) throw replaced(record)
  await context.note({ removedRecord: name, revision: record.revision, status: record.status, digest: record.digest })
  const copy: JsonObject = {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: `backstep.${name}.${uid.slice(0, 8)}`,
      namespace: ref.namespace,
      labels: { [removedRecordLabel]: ref.release },
    },
    data: stored['data'],
  }
  await client.create({ manifest: copy, namespace: ref.namespace }, context)
  if ((await client.remove({ ...place, uid }, context)) === 'replaced') throw replaced(record)
  context.report({ message: `Removed the half-done record of revision ${record.revision} (${record.status}); a copy is kept` })
}

function replaced({ revision }: ReleaseRecord): RollbackError {
  return new RollbackError('DRIFTED', `The record of revision ${revision} was replaced meanwhile`, {
    hint: 'Somebody else uses Helm on this release. Preview again.',
  })
}
