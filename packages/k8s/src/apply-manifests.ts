import type { Finding, JsonObject, StepFactory, Verdict } from '@backstep/core'
import {
  type Call,
  groupOf,
  type KubernetesClient,
  type KubernetesObject,
  namespaceUid,
  refOf,
  resourceName,
  wellKnownKind,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { conflictFindings, conflictsOf, isKept, keptFindings, nodePortFindings } from './apply-findings.ts'
import { applySet, asMember, kindsOf, membersOf, parentManifest, requireOwnSet } from './apply-set.ts'
import { checkedManifests, tagFindings } from './checked-manifests.ts'
import { type ComingWrite, defineWritesStep, type PlannedWrite, type WritesReceipt } from './define-writes-step.ts'
import { notServed, outsideNamespace } from './errors.ts'
import type { ObjectWrite } from './field-writes.ts'
import { autoscalersOf, ownerFindings, type OwnerKind, ownerKinds } from './owners.ts'
import { type Permission, permissions } from './permissions.ts'
import { type ManifestSource, manifestSource, readManifests } from './read-manifests.ts'
import { lookAtAll } from './rollout-look.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { applyingWrite, comingWrite, goingWrite, type TriedWrite } from './whole-objects.ts'
import { isWorkloadKind, numberAt, type WorkloadName } from './workload.ts'

export interface ApplyManifestsOptions extends NamespaceOptions {
  /** The name of the set: what was applied under it before, and is not in the manifests now, is pruned. */
  readonly set: string
  /** The manifests, and what says that they are the ones that were meant. */
  readonly from: ManifestSource
  /** Images by tag. A tag may mean another image tomorrow. Default `'refuse'`. */
  readonly tags?: 'refuse' | 'allow' | undefined
  /** Fields that another field manager owns with another value. Default `'refuse'`. */
  readonly conflicts?: 'refuse' | 'force' | undefined
  /** Objects of the set that the manifests do not have. Default `'delete'`; what holds data is kept in any case. */
  readonly prune?: 'delete' | 'keep' | undefined
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

/**
 * Applies the manifests of a release by server-side apply, and deletes what the set had and the manifests have not. The preview is the dry run
 * of each apply: what would be stored, with defaults and admission. Then all workloads of the manifests have to be ready.
 *
 * Members carry the label of their set (ApplySet of Kubernetes), so there is no list beside them that could be wrong. Claims, volumes, Secrets,
 * Jobs and Pods are never pruned: what is in them does not come back with a manifest. Replicas that an autoscaler sets are left alone.
 *
 * Going back puts every value back that was changed, makes again what was pruned, with new uids, and deletes what was made. Who owned which
 * field is not put back. An object that somebody makes in the very moment of the apply is merged with, as long as no value of it differs.
 */
export const applyManifests: StepFactory<ApplyManifestsOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.apply-manifests',
  options: z.strictObject({
    ...clusterScope,
    set: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,48}[a-z0-9])?$/, 'expected lower case letters, digits and hyphens, at most 50'),
    from: manifestSource,
    tags: z.enum(['refuse', 'allow']).default('refuse'),
    conflicts: z.enum(['refuse', 'force']).default('refuse'),
    prune: z.enum(['delete', 'keep']).default('delete'),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  layer: 'code',
  fencing: 'lease-only',
  target: ({ context, namespace, set }) => ({ system: context, name: `${namespace}/set/${set}` }),

  async needs(options, client, context) {
    const manifests = await targetOf(options)
    const kinds = await Promise.all(
      manifests.map(async (manifest) => {
        const ref = refOf(manifest)
        const served = wellKnownKind(ref) ?? (await client.discover(ref, context))
        if (served === undefined) throw notServed(ref)
        if (!served.isNamespaced) throw outsideNamespace(ref)
        return { group: groupOf(ref.apiVersion), resource: served.resource }
      }),
    )
    const needs = permissions.applyManifests(kinds)
    return { needs, unproved: unprovedOf(needs), namespace: options.namespace }
  },

  async plan({ options, client }, context) {
    const { namespace } = options
    const set = applySet(namespace, options.set)
    const [scope, manifests, parent] = await Promise.all([
      namespaceUid(client, namespace, context),
      targetOf(options),
      client.get(set.parent, context),
    ])
    requireOwnSet(parent, set)
    const kinds = kindsOf(
      parent,
      manifests.map((one) => refOf(one)),
    )
    const [members, ...applied] = await Promise.all([
      membersOf(client, set, kinds, context),
      plannedApply(client, scope, parentManifest(set, kinds), context),
      ...manifests.map((one) => plannedApply(client, scope, asMember(one, set), context)),
    ])
    const wanted = new Set(applied.map(({ write }) => write.resource))
    const left = members.filter((live) => !wanted.has(nameIn(scope, live)) && live.metadata.deletionTimestamp === undefined)
    const pruned = options.prune === 'keep' ? [] : left.filter((live) => !isKept(live))
    const going = pruned.map((live): PlannedWrite => ({ live, write: goingWrite(live, nameIn(scope, live)) }))
    return {
      writes: [...applied, ...going],
      summary: summaryOf(options, manifests, pruned),
      findings: [
        ...[...applied, ...going].flatMap(({ live }) => (live === undefined ? [] : ownerFindings(live, options.acceptOwners))),
        ...keptFindings(left.filter((live) => !pruned.includes(live))),
        ...tagFindings(manifests),
      ],
    }
  },

  judge: (tried, { conflicts }) => judged(tried, conflicts === 'force'),

  async verify({ options, client, writes }, context): Promise<Verdict> {
    const workloads = writes.filter(({ whole }) => whole?.how === 'apply').flatMap(({ ref }) => workloadOf(ref, options.namespace))
    const verdict = await lookAtAll(client, workloads, context)
    const evidence = [...verdict.evidence, context.evidence('objects', `${writes.length} as applied`, `set ${options.set}`)]
    return { ...verdict, evidence }
  },
})

/** Reading and applying prove themselves in the preview. */
function unprovedOf(needs: readonly Permission[]): readonly Permission[] {
  return needs.map(({ verbs, ...rest }) => ({
    ...rest,
    verbs: verbs.includes('create') ? ['create', 'delete'] : verbs.filter((verb) => verb === 'list'),
  }))
}

function judged(
  tried: readonly TriedWrite[],
  isForced: boolean,
): { readonly writes: ObjectWrite[]; readonly findings: readonly Finding[] } {
  const seen = tried.map((one) => ({ one, conflicts: conflictsOf(one) }))
  return {
    writes: seen.map(({ one: { write }, conflicts: { isOwn, managers } }) => {
      const forced = (isForced && managers.size > 0) || (isOwn && managers.size === 0)
      return write.whole === undefined ? write : { ...write, whole: { ...write.whole, isForced: forced } }
    }),
    findings: seen.flatMap(({ one, conflicts }) => [...conflictFindings(conflicts, one, isForced), ...nodePortFindings(one)]),
  }
}

async function targetOf(
  options: Pick<ApplyManifestsOptions, 'from' | 'namespace'> & { readonly tags: 'refuse' | 'allow' },
): Promise<readonly JsonObject[]> {
  const checked = checkedManifests(await readManifests(options.from), options)
  return checked.toSorted((one, other) => rankOf(one) - rankOf(other))
}

/** What others refer to comes first; what sends traffic or load comes last. The way back is the opposite. */
function rankOf(manifest: JsonObject): number {
  const { kind } = refOf(manifest)
  const order = ['ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'PersistentVolumeClaim', 'Service']
  const late = ['Ingress', 'HorizontalPodAutoscaler', 'PodDisruptionBudget']
  const place = order.indexOf(kind)
  if (place !== -1) return place
  if (isWorkloadKind(kind)) return order.length + 1
  return late.includes(kind) ? order.length + 2 : order.length
}

async function plannedApply(
  client: KubernetesClient,
  scope: string,
  manifest: JsonObject,
  call: Call,
): Promise<PlannedWrite | ComingWrite> {
  const ref = refOf(manifest)
  const resource = resourceName(scope, ref)
  const [workload] = numberAt(manifest, ['spec', 'replicas']) === undefined ? [] : workloadOf(ref, ref.namespace ?? '')
  const [live, scalers] = await Promise.all([client.get(ref, call), workload === undefined ? [] : autoscalersOf(client, workload, call)])
  if (live === undefined) return { live, write: comingWrite(manifest, resource, 'apply') }
  return { live, write: applyingWrite(manifest, live, resource, scalers.length > 0) }
}

function workloadOf({ kind, name }: { readonly kind: string; readonly name: string }, namespace: string): readonly WorkloadName[] {
  return isWorkloadKind(kind) ? [{ namespace, kind, name }] : []
}

function nameIn(scope: string, { apiVersion, kind, metadata: { name } }: KubernetesObject): string {
  return resourceName(scope, { apiVersion, kind, name })
}

function summaryOf(
  { set, namespace, from }: ApplyManifestsOptions,
  manifests: readonly JsonObject[],
  pruned: readonly KubernetesObject[],
): string {
  const source = 'tree' in from ? ` of tree ${from.tree.slice(0, 12)}` : ''
  const gone = pruned.length === 0 ? '' : `, and delete ${pruned.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')}`
  return `Apply ${manifests.length} manifests${source} to ${namespace} as ${set}${gone}`
}
