import { RollbackError } from '@backstep/core'
import { refOf, type Call, type KubernetesClient, type KubernetesObject, type ObjectRef } from '@backstep/kubernetes'
import type { Refusal, Rehearsal, ReleaseObjects } from './client.ts'

/** Above this many of one kind in one namespace they are asked for together. */
const fewOfAKind = 3
const managedByHelm = 'app.kubernetes.io/managed-by=Helm'

/** What the steps read of an API server, over its contacts. */
export function releaseObjects(cluster: KubernetesClient): ReleaseObjects {
  return {
    get: (ref, call) => cluster.get(ref, call),
    list: (query, call) => cluster.list(query, call),
    remove: (request, call) => cluster.remove(request, call),
    create: (request, call) => cluster.create(request, call),
    objects: (refs, call) => readObjects(cluster, refs, call),
    kinds: (kinds, call) => Promise.all(kinds.map((kind) => cluster.discover(kind, call))),
    async denied(accesses, call) {
      const allowed = await Promise.all(accesses.map((access) => cluster.review(access, call)))
      return accesses.filter((_, index) => allowed[index] === false)
    },
    rehearse: (objects, { isForced }, call) => Promise.all(objects.map((object) => rehearse(cluster, object, isForced, call))),
  }
}

async function rehearse(
  cluster: KubernetesClient,
  { manifest, namespace, operations }: Rehearsal,
  isForced: boolean,
  call: Call,
): Promise<Refusal | undefined> {
  try {
    if (operations === undefined) await cluster.tryApply({ manifest, namespace, fieldManager: 'helm', force: isForced }, call)
    else await cluster.tryPatch({ ...refOf(manifest, namespace), operations }, call)
    return undefined
  } catch (error) {
    const what = error instanceof RollbackError ? meanings[error.code] : undefined
    if (what === undefined || !(error instanceof RollbackError)) throw error
    return { what, message: error.message }
  }
}

/** Anything else is a failure of the connection, and asked again. */
const meanings: Partial<Record<RollbackError['code'], Refusal['what']>> = {
  DRIFTED: 'conflict',
  REJECTED: 'refused',
  NOT_SUPPORTED: 'unclear',
  PERMISSION_DENIED: 'unclear',
  TARGET_NOT_FOUND: 'unclear',
}

/**
 * One by one where a kind has few, in one request by Helm's label where it has many, then one by one those that have lost the label: a
 * release of a hundred objects takes as many requests as it has kinds.
 */
async function readObjects(
  cluster: KubernetesClient,
  refs: readonly ObjectRef[],
  call: Call,
): Promise<readonly (KubernetesObject | undefined)[]> {
  const groups = Map.groupBy(refs, ({ apiVersion, kind, namespace }) => JSON.stringify([apiVersion, kind, namespace ?? null]))
  const found = new Map((await Promise.all([...groups.values()].map((group) => readGroup(cluster, group, call)))).flat())
  return refs.map((ref) => found.get(ref))
}

type Found = readonly [ObjectRef, KubernetesObject | undefined]

async function readGroup(cluster: KubernetesClient, group: readonly ObjectRef[], call: Call): Promise<readonly Found[]> {
  const [first] = group
  const readEach = (refs: readonly ObjectRef[]): Promise<readonly Found[]> =>
    Promise.all(refs.map(async (ref): Promise<Found> => [ref, await cluster.get(ref, call)]))
  if (first === undefined || group.length <= fewOfAKind) return readEach(group)
  const { apiVersion, kind, namespace } = first
  const listed = await cluster.list({ apiVersion, kind, namespace, labelSelector: managedByHelm }, call)
  const byName = new Map(listed.map((object) => [object.metadata.name, { ...object, apiVersion, kind }]))
  const unseen = group.filter(({ name }) => !byName.has(name))
  return [...group.map((ref): Found => [ref, byName.get(ref.name)]), ...(await readEach(unseen))]
}
