import { RollbackError, type StepFactory, type Verdict } from '@backstep/core'
import {
  type Call,
  type KubernetesClient,
  type KubernetesObject,
  namespaceUid,
  type ObjectRef,
  resourceName,
  shortName,
  valueAt,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { leftFindings, referrersOf, restartOf } from './config-referrers.ts'
import { defineWritesStep, type PlannedWrite, type WritesReceipt } from './define-writes-step.ts'
import { missing } from './errors.ts'
import { writeOf } from './field-writes.ts'
import { ownerFindings, type OwnerKind, ownerKinds } from './owners.ts'
import { permissions } from './permissions.ts'
import { lookAtRollout } from './rollout-look.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import type { WorkloadKind } from './workload.ts'

export interface RestoreConfigMapOptions extends NamespaceOptions {
  /** The name of the ConfigMap. */
  readonly name: string
  /** All of its content: keys that are not named here are taken away. No secrets: they would stand in the plan. */
  readonly data: { readonly [key: string]: string }
  /** `'restart'`: also restart every workload that refers to it, since environments and single files are read at start only. Default. */
  readonly referrers?: 'restart' | 'leave' | undefined
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

/**
 * Puts a ConfigMap back to a content, together with the workloads that refer to it: Deployments, StatefulSets and DaemonSets of its namespace, found
 * in the preview and named there. They are restarted as their strategy says, after the content is there, and have to be ready.
 */
export const restoreConfigMap: StepFactory<RestoreConfigMapOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.restore-config-map',
  options: z.strictObject({
    ...clusterScope,
    name: z.string().min(1),
    data: z.record(z.string().regex(/^[-._a-zA-Z0-9]+$/, 'expected letters, digits, - _ and dots'), z.string()),
    referrers: z.enum(['restart', 'leave']).default('restart'),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  target: ({ context, namespace, name }) => ({ system: context, name: shortName({ namespace, kind: 'ConfigMap', name }) }),
  needs: ({ namespace, referrers }) => ({
    needs: permissions.restoreConfigMap(),
    unproved:
      referrers === 'leave' ? [] : permissions.restoreConfigMap().filter(({ group, resource }) => group === 'apps' || resource === 'pods'),
    namespace,
  }),

  async plan({ options, client }, context) {
    const ref: ObjectRef = { apiVersion: 'v1', kind: 'ConfigMap', namespace: options.namespace, name: options.name }
    const [scope, live, referrers] = await Promise.all([
      namespaceUid(client, options.namespace, context),
      readConfigMap(client, ref, context),
      referrersOf(client, options.namespace, [{ kind: 'ConfigMap', name: options.name }], context),
    ])
    const content: PlannedWrite = { live, write: writeOf(live, resourceName(scope, ref), ref, [{ at: ['data'], value: options.data }]) }
    const restarts = content.write.isNeeded && options.referrers === 'restart' ? referrers.map((one) => restartOf(scope, one)) : []
    return {
      writes: [content, ...restarts],
      summary: `Restore ${shortName(ref)}${restarts.length === 0 ? '' : ` and restart ${restarts.map(({ live: { metadata } }) => metadata.name).join(', ')}`}`,
      findings: [
        ...[live, ...restarts.map((one) => one.live)].flatMap((one) => ownerFindings(one, options.acceptOwners)),
        ...leftFindings(referrers, options),
      ],
    }
  },
  async verify({ options, client, writes }, context): Promise<Verdict> {
    const restarted = writes.filter(({ ref }) => ref.kind !== 'ConfigMap')
    const verdicts = await Promise.all(
      restarted.map(({ ref, uid }) =>
        lookAtRollout(client, { namespace: options.namespace, kind: ref.kind as WorkloadKind, name: ref.name }, { uid }, context),
      ),
    )
    const evidence = verdicts.flatMap((verdict) => verdict.evidence)
    return (
      verdicts.find(({ status }) => status !== 'healthy') ?? {
        status: 'healthy',
        evidence: [...evidence, context.evidence('content', 'as asked for', options.name)],
      }
    )
  },
})

async function readConfigMap(client: KubernetesClient, ref: ObjectRef, call: Call): Promise<KubernetesObject> {
  const live = await client.get(ref, call)
  if (live === undefined) throw missing(ref)
  if (valueAt(live, ['immutable']) !== true) return live
  throw new RollbackError('PRECONDITION_FAILED', `${shortName(ref)} is immutable`, {
    hint: 'Make a new ConfigMap and point the workload at it.',
  })
}
