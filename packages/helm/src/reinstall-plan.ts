import type { JsonObject } from '@backstep/core'
import type { TrackedObject } from './live-release.ts'
import { isToBeKept, losesData } from './precious-objects.ts'
import type { SeenRelease } from './release-position.ts'

/** Kinds that hold an address which would be given to somebody else: the server or a cloud provider gives another one to a new object. */
const holdsAddress: ReadonlySet<string> = new Set(['Service', 'Ingress', 'Gateway'])

/** What happens to the live objects of a release that is installed anew. */
export interface ReinstallPlan {
  /** Deleted; made anew by Helm where the target has them. */
  readonly removed: readonly TrackedObject[]
  /** Left in place and changed to what the target says. */
  readonly kept: readonly TrackedObject[]
}

/**
 * Volumes, addresses, namespaces, definitions, what is annotated to be kept, and the kinds that the author names stay where the target has
 * them. Everything else of the release goes, also what lives in the cluster with the release's own annotation and is in the target only.
 */
export function planReinstall({ tracked, live }: SeenRelease, release: string, keepKinds: readonly string[]): ReinstallPlan {
  const objects = [...new Map([...tracked.to.objects, ...tracked.from.objects]).values()].filter(({ key }) => live.has(key))
  const stays = ({ key, object, ref }: TrackedObject): boolean => {
    if (isToBeKept(object, live.get(key))) return true
    return tracked.to.objects.has(key) && (losesData(object) || holdsAddress.has(ref.kind) || keepKinds.includes(ref.kind))
  }
  const isOurs = ({ key }: TrackedObject): boolean =>
    tracked.from.objects.has(key) || live.get(key)?.metadata.annotations?.['meta.helm.sh/release-name'] === release
  return {
    removed: objects.filter((object) => !stays(object) && !losesData(object.object) && isOurs(object)),
    kept: objects.filter(stays),
  }
}

/** True for an object that has an address of its own. */
export function hasAddress({ ref }: TrackedObject): boolean {
  return holdsAddress.has(ref.kind)
}

/** The address, node ports and host names that a live object holds, in words; empty when it has none. */
export function addressesOf(live: JsonObject): string {
  const { spec, status } = live as { readonly spec?: JsonObject; readonly status?: JsonObject }
  const ports = (spec?.['ports'] ?? []) as readonly { readonly nodePort?: number }[]
  const nodePorts = ports.flatMap(({ nodePort }) => nodePort ?? [])
  const balancer = (status?.['loadBalancer'] ?? {}) as {
    readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[]
  }
  const outside = (balancer.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? [])
  const inside = spec?.['clusterIP']
  return [
    ...outside,
    ...(typeof inside === 'string' && inside !== '' && inside !== 'None' ? [`cluster address ${inside}`] : []),
    ...(nodePorts.length > 0 ? [`node ports ${nodePorts.join(', ')}`] : []),
  ].join(', ')
}
