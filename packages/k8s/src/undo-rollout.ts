import { defineStep, type Finding, hashOf, type PrepareContext, type StepContext, type StepFactory } from '@backstep/core'
import {
  type KubernetesClient,
  kubernetesContacts,
  type KubernetesObject,
  namespaceUid,
  resourceName,
  shortName,
  valueAt,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { revisionNamed } from './choose-revision.ts'
import { afterWrite, toRollbackError } from './errors.ts'
import { changesOf, guardsOf, type ObjectWrite, objectWriteSchema, positionOf, writeOf } from './field-writes.ts'
import { clientOf } from './kubernetes-client.ts'
import { type OwnerKind, ownerKinds } from './owners.ts'
import { performWrites, tryWrite } from './perform-writes.ts'
import { deniedFindings, explainRefusal, unprovedFindings } from './asked-permissions.ts'
import { type Permission, permissions } from './permissions.ts'
import { lookAtRollout } from './rollout-look.ts'
import { revisionsOf } from './revisions.ts'
import { podResource, removeStuckPods, stillThere, type StuckPod, stuckPodsOf, waitsForBrokenPods } from './stuck-pods.ts'
import { missingConfigFindings } from './template-findings.ts'
import { type SeenForUndo, type UndoChoices, undoFindings } from './undo-findings.ts'
import { objectAt, readWorkload, textAt, type WorkloadName, type WorkloadOptions, workloadOptions, workloadRef } from './workload.ts'

export interface UndoRolloutOptions extends WorkloadOptions {
  /** The name of the revision to go back to: a ReplicaSet or ControllerRevision, as `findRevision` answers. A number would move with every undo. */
  readonly to: string
  /** A paused Deployment does not roll. `'resume'`: go on rolling in the same write; going back pauses it again. Default `'refuse'`. */
  readonly whenPaused?: 'refuse' | 'resume' | undefined
  /**
   * A StatefulSet waits for a broken pod for ever before it replaces it. `'delete'`: delete exactly those pods, listed in the preview, once
   * the good template is there. Default `'refuse'`.
   */
  readonly stuckPods?: 'refuse' | 'delete' | undefined
  /** With the strategy OnDelete, pods stay until somebody deletes them. `'leave-pods'`: only the template goes back. Default `'refuse'`. */
  readonly onDelete?: 'refuse' | 'leave-pods' | undefined
  /** Owners that would revert this and that the plan deals with. Default none. */
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

/** `templateHash`: of the template that runs now. */
export type UndoRolloutReceipt = { readonly uid: string; readonly templateHash: string }

type Prepared = {
  readonly uid: string
  readonly templateHash: string
  readonly stuck: readonly StuckPod[]
  readonly isTemplateEnough: boolean
}

/**
 * Puts the pod template of a Deployment, StatefulSet or DaemonSet back to that of an earlier revision, as an absolute state: doing it twice
 * is doing it once. Replicas, strategy, labels and annotations stay as they are. What is written and what is put back are the templates
 * themselves, so it also works when the history is cleaned up meanwhile.
 *
 * It does not restore ConfigMaps and Secrets that the template refers to, nor anything in a volume.
 */
export const undoRollout: StepFactory<UndoRolloutOptions, UndoRolloutReceipt, 'reversible', KubernetesClient, 'to'> = defineStep({
  kind: 'k8s.undo-rollout',
  options: z.strictObject({
    ...workloadOptions,
    to: z.string().min(1),
    whenPaused: z.enum(['refuse', 'resume']).default('refuse'),
    stuckPods: z.enum(['refuse', 'delete']).default('refuse'),
    onDelete: z.enum(['refuse', 'leave-pods']).default('refuse'),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  late: ['to'],
  prepared: z.object({
    uid: z.string(),
    templateHash: z.string(),
    stuck: z.array(z.object({ name: z.string(), uid: z.string() })),
    isTemplateEnough: z.boolean(),
  }),
  snapshot: objectWriteSchema,
  receipt: z.object({ uid: z.string(), templateHash: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write', layer: 'code' },
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),

  prepare({ options, client }, context) {
    const needs = permissions.undoRollout(options.kind, { deletesPods: options.stuckPods === 'delete' })
    return explainRefusal(client, { needs, namespace: options.namespace, call: context }, async () => {
      const seen = await look(client, options, context)
      const { live, target, resource, stuck } = seen
      const { write, denied } = await wantedWrite(client, options, seen, context)
      const template = objectAt(write.fields[0]?.after, [])
      const deleted = options.stuckPods === 'delete' ? stuck : []
      return {
        prepared: {
          uid: live.metadata.uid,
          templateHash: hashOf(template),
          stuck: deleted,
          isTemplateEnough: options.onDelete === 'leave-pods' && textAt(live, ['spec', 'updateStrategy', 'type']) === 'OnDelete',
        },
        snapshot: write,
        summary: `Return ${shortName(options)} to ${target.name} (revision ${target.number})`,
        changes: [
          ...changesOf(write),
          ...deleted.map((pod) => ({ resource: podResource(seen.scope, pod), action: 'delete' as const, before: 'never ready' })),
        ],
        guards: [
          ...guardsOf(write),
          ...deleted.map((pod) => ({ resource: podResource(seen.scope, pod), property: 'uid', equals: pod.uid })),
        ],
        leases: [resource],
        risk: write.isNeeded ? ['reversible'] : [],
        findings: [
          ...undoFindings(seen, options, template),
          ...(await missingConfigFindings(client, options, live, target, context)),
          ...(denied.length > 0 ? denied : seen.unwritable),
        ],
      }
    })
  },
  async probe({ prepared, snapshot, mark, options, client }, context) {
    const position = positionOf(await client.get(snapshot.ref, context), snapshot, mark)
    if (position.at !== 'after') return position
    const left = await stillThere(client, options.namespace, prepared.stuck, context)
    if (left.length === 0) return { at: 'after', receipt: receiptOf(prepared) }
    return { at: 'between', detail: `the stuck pods ${left.map(({ name }) => name).join(', ')} are not deleted yet` }
  },
  async execute({ prepared, snapshot, mark, options, client }, context) {
    await performWrites(client, [snapshot], { mark, direction: 'forward', call: context })
    try {
      await removeStuckPods(client, options, prepared.stuck, context)
    } catch (cause) {
      throw afterWrite(cause)
    }
    return receiptOf(prepared)
  },
  verify: ({ prepared, options, client }, context) => lookAtRollout(client, options, prepared, context),
  async compensate({ prepared, snapshot, mark, client }, context) {
    await performWrites(client, [snapshot], { mark, direction: 'back', call: context })
    const before = hashOf(snapshot.fields[0]?.before ?? null)
    return {
      evidence: [
        context.evidence('template', `${before.slice(0, 8)} instead of ${prepared.templateHash.slice(0, 8)}`, shortName(snapshot.ref)),
      ],
    }
  },
})

function receiptOf({ uid, templateHash }: Prepared): UndoRolloutReceipt {
  return { uid, templateHash }
}

type Options = UndoChoices & WorkloadName & { readonly to: string }

/** At most five calls for a Deployment, whatever else is in the namespace. */
async function look(
  client: KubernetesClient,
  options: Options,
  context: StepContext,
): Promise<SeenForUndo & { readonly scope: string; readonly resource: string; readonly unwritable: readonly Finding[] }> {
  const [scope, live] = await Promise.all([namespaceUid(client, options.namespace, context), readWorkload(client, options, context)])
  const history = await revisionsOf(client, options, live, context)
  const target = revisionNamed(options.to, history, options)
  const stuck = await stuckPodsOf(client, options, live, target, context)
  const unwritable = await unprovedFindings(client, unproved(live, stuck, options), { namespace: options.namespace, call: context })
  return { scope, live, target, stuck, unwritable, resource: resourceName(scope, workloadRef(options)) }
}

/** What later methods need and no call of the preview has proved. */
function unproved(live: KubernetesObject, stuck: readonly StuckPod[], { kind, stuckPods }: Options): readonly Permission[] {
  if (!waitsForBrokenPods(live, kind)) return [{ group: '', resource: 'pods', verbs: ['list'] }]
  return stuck.length > 0 && stuckPods === 'delete' ? [{ group: '', resource: 'pods', verbs: ['delete'] }] : []
}

async function wantedWrite(
  client: KubernetesClient,
  options: Options,
  { live, target, resource, stuck }: SeenForUndo & { readonly resource: string },
  context: PrepareContext<Prepared, ObjectWrite>,
): Promise<{ readonly write: ObjectWrite; readonly denied: readonly Finding[] }> {
  const paused = valueAt(live, ['spec', 'paused'])
  const wanted = writeOf(live, resource, workloadRef(options), [
    { at: ['spec', 'template'], value: target.template },
    ...(options.kind === 'Deployment' ? [{ at: ['spec', 'paused'], value: options.whenPaused === 'resume' ? undefined : paused }] : []),
  ])
  const [tried] = await Promise.allSettled([tryWrite(client, wanted, { live, mark: context.mark, call: context })])
  const needs = permissions.undoRollout(options.kind, { deletesPods: options.stuckPods === 'delete' })
  const denied = await deniedFindings(client, [tried], { needs, namespace: options.namespace, call: context })
  const write = tried.status === 'fulfilled' ? tried.value.write : wanted
  return { write: options.stuckPods === 'delete' && stuck.length > 0 ? { ...write, isNeeded: true } : write, denied }
}
