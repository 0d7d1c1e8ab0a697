import { RollbackError, type Finding, type JsonObject } from '@backstep/core'
import type { Call, KubernetesObject } from '@backstep/kubernetes'
import type { ReleaseObjects } from './client.ts'
import { nameOf, type TrackedObject } from './live-release.ts'
import { addressesOf, hasAddress, type ReinstallPlan } from './reinstall-plan.ts'
import type { SeenRelease } from './release-position.ts'

const workloads: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod', 'Job', 'CronJob'])

/** What goes, what stays and what it holds, and what would be lost although it is not named anywhere. */
export async function reinstallFindings(
  client: ReleaseObjects,
  seen: SeenRelease,
  plan: ReinstallPlan,
  call: Call,
): Promise<readonly Finding[]> {
  return [
    ...downtimeFindings(plan),
    ...addressFindings(seen, plan),
    ...(await Promise.all(
      plan.kept.filter(({ ref }) => ref.kind === 'PersistentVolumeClaim').map((claim) => volumeFinding(client, seen, claim, call)),
    )),
    ...(await ownedFindings(client, seen, plan, call)),
  ]
}

function downtimeFindings({ removed }: ReinstallPlan): readonly Finding[] {
  const names = removed.filter(({ ref }) => workloads.has(ref.kind)).map(({ key }) => nameOf(key))
  if (names.length === 0) return []
  return [
    {
      level: 'warning',
      code: 'helm.downtime',
      message: `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} deleted with all pods before anything is made anew: nothing serves in between, and what pods hold outside of volume claims is lost`,
      hint: 'Enter maintenance before this step, and tell those who use it.',
    },
  ]
}

function addressFindings({ live }: SeenRelease, { kept, removed }: ReinstallPlan): readonly Finding[] {
  const held = (object: TrackedObject): string => addressesOf(live.get(object.key) ?? {})
  return [
    ...kept.filter(hasAddress).map((object): Finding => ({
      level: 'info',
      code: 'helm.kept-address',
      message: `${nameOf(object.key)} stays${held(object) === '' ? '' : ` with ${held(object)}`}`,
      hint: 'Compare the address afterwards.',
    })),
    ...removed.filter(hasAddress).map((object): Finding => ({
      level: 'warning',
      code: 'helm.loses-address',
      message: `${nameOf(object.key)} is not in the target and is deleted${held(object) === '' ? '' : `; ${held(object)} is given up`}`,
      hint: 'Annotate it with helm.sh/resource-policy=keep when its address is still needed.',
    })),
  ]
}

async function volumeFinding(client: ReleaseObjects, { live }: SeenRelease, { key }: TrackedObject, call: Call): Promise<Finding> {
  const volumeName = ((live.get(key)?.['spec'] ?? {}) as JsonObject)['volumeName']
  const says = (what: string): Finding => ({
    level: 'info',
    code: 'helm.kept-volume',
    message: `${nameOf(key)} stays, ${what}`,
    hint: 'Nothing deletes the claim or its volume.',
  })
  if (typeof volumeName !== 'string' || volumeName === '') return says('and has no volume yet')
  const volume = await readOrDenied(() => client.get({ apiVersion: 'v1', kind: 'PersistentVolume', name: volumeName }, call))
  if (volume === 'denied') return says(`with its volume ${volumeName}, at which this identity may not look`)
  const policy = ((volume?.['spec'] ?? {}) as JsonObject)['persistentVolumeReclaimPolicy']
  return says(`with its volume ${volumeName}${typeof policy === 'string' ? ` (reclaim policy ${policy})` : ''}`)
}

/** Volume claims and objects that stay, but would be collected together with an owner that goes. */
async function ownedFindings(
  client: ReleaseObjects,
  { live }: SeenRelease,
  { removed, kept }: ReinstallPlan,
  call: Call,
): Promise<readonly Finding[]> {
  const owners = new Map(removed.map(({ key }) => [live.get(key)?.metadata.uid, key]))
  const namespaces = [...new Set(removed.flatMap(({ ref }) => ref.namespace ?? []))]
  const lists = await Promise.all(
    namespaces.map((namespace) => readOrDenied(() => client.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace }, call))),
  )
  const claims = lists.flatMap((list) => (list === 'denied' ? [] : list))
  const staying = [...kept.flatMap(({ key }) => live.get(key) ?? []), ...claims]
  const owned = new Map(staying.flatMap((object) => ownerIn(object, owners)))
  const deleting = removed.filter(({ key }) => deletesItsClaims(live.get(key)))
  return [
    ...[...owned].map(([name, owner]) => lossFinding(`${name} belongs to ${nameOf(owner)}, which is deleted, and would go with it`)),
    ...deleting.map(({ key }) => lossFinding(`${nameOf(key)} deletes its volume claims with itself (whenDeleted)`)),
    ...(lists.includes('denied') ? [unseenClaims] : []),
  ]
}

const unseenClaims: Finding = {
  level: 'blocker',
  code: 'helm.permission',
  message: 'This identity may not list persistentvolumeclaims, so nobody can say whether one would be deleted with its owner',
  hint: 'Grant it "list persistentvolumeclaims", then preview again.',
}

function ownerIn(
  { kind, metadata }: KubernetesObject,
  owners: ReadonlyMap<string | undefined, string>,
): readonly (readonly [string, string])[] {
  return (metadata.ownerReferences ?? []).flatMap(({ uid }) => {
    const owner = owners.get(uid)
    return owner === undefined ? [] : [[`${kind ?? 'PersistentVolumeClaim'}/${metadata.name}`, owner] as const]
  })
}

function deletesItsClaims(live: KubernetesObject | undefined): boolean {
  const spec = (live?.['spec'] ?? {}) as { readonly persistentVolumeClaimRetentionPolicy?: { readonly whenDeleted?: string } }
  return spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
}

function lossFinding(message: string): Finding {
  return {
    level: 'blocker',
    code: 'helm.deletes-data',
    message,
    hint: 'Take the owner away from the claim, or set whenDeleted to Retain, then preview again.',
  }
}

async function readOrDenied<T>(read: () => Promise<T>): Promise<T | 'denied'> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof RollbackError && error.code === 'PERMISSION_DENIED') return 'denied'
    throw error
  }
}
