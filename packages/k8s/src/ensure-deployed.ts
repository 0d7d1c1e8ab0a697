import { defineStep, hashOf, type Json, json, type JsonObject, type Position, type StepFactory } from '@backstep/core'
import {
  type Call,
  type KubernetesClient,
  kubernetesContacts,
  type KubernetesObject,
  namespaceUid,
  resourceName,
  shortName,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { drifted, toRollbackError } from './errors.ts'
import { deployedFindings, manifestWithMark, workloadManifest, type WorkloadManifest } from './workload-manifest.ts'
import { clientOf } from './kubernetes-client.ts'
import { trailOf } from './mark-trail.ts'
import { explainRefusal, unprovedFindings } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { lookAtRollout } from './rollout-look.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { objectAt, templateOf, type WorkloadName, workloadRef } from './workload.ts'

export interface EnsureDeployedOptions extends NamespaceOptions {
  /** The whole manifest of a Deployment, StatefulSet or DaemonSet, as plain JSON: what is made when there is none of its name. */
  readonly manifest: WorkloadManifest
}

/** Which one it is, and what `podsReady` needs to look for its pods. */
export type EnsureDeployedReceipt = { readonly uid: string; readonly templateHash: string }

/**
 * Sees that a workload is there and ready, and makes it from its manifest when it is not: a maintenance page, a colour that was taken down, a
 * worker that the bad release deleted. One that is there is left as it is; when it runs other images, the preview is refused.
 *
 * Going back deletes the one that this step made, with its pods, and nothing that was there before.
 */
export const ensureDeployed: StepFactory<EnsureDeployedOptions, EnsureDeployedReceipt, 'reversible', KubernetesClient> = defineStep({
  kind: 'k8s.ensure-deployed',
  options: z.strictObject({ ...clusterScope, manifest: workloadManifest }),
  prepared: z.object({ isMade: z.boolean(), uid: z.string(), templateHash: z.string() }),
  snapshot: z.object({ manifest: json() }),
  receipt: z.object({ uid: z.string(), templateHash: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only', layer: 'code' },
  client: (given): KubernetesClient => clientOf(given),
  contacts: kubernetesContacts,
  toRollbackError,
  target: (options) => ({ system: options.context, name: shortName(nameOf(options)) }),

  prepare: ({ options, client }, context) => {
    const needs = permissions.ensureDeployed(options.manifest.kind)
    return explainRefusal(client, { needs, namespace: options.namespace, call: context }, async () => {
      const workload = nameOf(options)
      const scope = await namespaceUid(client, workload.namespace, context)
      const resource = resourceName(scope, workloadRef(workload))
      const live = await client.get(workloadRef(workload), context)
      if (live !== undefined) return thereAlready(live, options.manifest, resource)
      const unwritable = await unprovedFindings(client, needs, { namespace: options.namespace, call: context })
      const manifest = manifestWithMark(options.manifest, workload.namespace, context.mark)
      const mayMake = unwritable.every(({ message }) => !message.includes('create'))
      const stored = mayMake ? await client.tryCreate({ manifest }, context) : manifest
      const templateHash = hashOf(objectAt(stored, ['spec', 'template']))
      return {
        prepared: { isMade: true, uid: '', templateHash },
        snapshot: { manifest },
        summary: `Make ${shortName(workload)}`,
        changes: [{ resource, action: 'create', after: templateHash.slice(0, 16) }],
        guards: [{ resource, property: 'uid', equals: 'none' }],
        leases: [resource],
        risk: ['reversible'],
        findings: unwritable,
      }
    })
  },
  probe: (work, context) => positionIn(work, context),
  async execute(work, context) {
    const before = await positionIn(work, context)
    if (before.at === 'after') return before.receipt
    if (before.at !== 'before') throw drifted(shortName(nameOf(work.options)), before)
    const made = await work.client.create({ manifest: work.snapshot.manifest as JsonObject }, context)
    if (made !== undefined) return receiptOf(made)
    const position = await positionIn(work, context)
    if (position.at === 'after') return position.receipt
    throw drifted(shortName(nameOf(work.options)), position)
  },
  verify: ({ options, client, receipt }, context) => lookAtRollout(client, nameOf(options), receipt, context),
  async compensate(work, context) {
    const workload = nameOf(work.options)
    const position = await positionIn(work, context)
    if (position.at === 'after') {
      await work.client.remove({ ...workloadRef(workload), uid: position.receipt.uid, propagation: 'Background' }, context)
    } else if (position.at !== 'before') throw drifted(shortName(workload), position)
    return { evidence: [context.evidence(shortName(workload), 'deleted again', 'API server')] }
  },
})

function nameOf({ namespace, manifest: { kind, metadata } }: Pick<EnsureDeployedOptions, 'namespace' | 'manifest'>): WorkloadName {
  return { namespace, kind, name: metadata.name }
}

function receiptOf(live: KubernetesObject): EnsureDeployedReceipt {
  return { uid: live.metadata.uid, templateHash: hashOf(templateOf(live)) }
}

function thereAlready(live: KubernetesObject, manifest: WorkloadManifest, resource: string) {
  return {
    prepared: { isMade: false, ...receiptOf(live) },
    snapshot: { manifest: null as Json },
    summary: `Leave ${live.kind} ${live.metadata.name} as it is, and see that it is ready`,
    changes: [],
    guards: [{ resource, property: 'uid', equals: live.metadata.uid }],
    leases: [resource],
    risk: [],
    findings: deployedFindings(live, manifest),
  }
}

interface EnsureWork {
  readonly prepared: { readonly isMade: boolean } & EnsureDeployedReceipt
  readonly mark: string
  readonly options: Pick<EnsureDeployedOptions, 'namespace' | 'manifest'>
  readonly client: Pick<KubernetesClient, 'get'>
}

/** Ours by the mark that it was made with; one that was there before, by its uid. */
async function positionIn({ prepared, mark, options, client }: EnsureWork, call: Call): Promise<Position<EnsureDeployedReceipt>> {
  const workload = nameOf(options)
  const who = shortName(workload)
  const live = await client.get(workloadRef(workload), call)
  if (live === undefined) return prepared.isMade ? { at: 'before' } : { at: 'elsewhere', detail: `${who} was deleted` }
  const isOurs = prepared.isMade ? trailOf(live).split(',').includes(mark) : live.metadata.uid === prepared.uid
  if (!isOurs) return { at: 'elsewhere', detail: `${who} was made by somebody else` }
  if (live.metadata.deletionTimestamp !== undefined) return { at: 'between', detail: `${who} is being deleted` }
  const receipt = receiptOf(live)
  if (receipt.templateHash !== prepared.templateHash) return { at: 'elsewhere', detail: `somebody changed the template of ${who}` }
  return { at: 'after', receipt }
}
