import type { Finding, StepFactory, Verdict } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, namespaceUid, resourceName } from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type PlannedWrite, type WritesReceipt } from './define-writes-step.ts'
import { writeOf } from './field-writes.ts'
import { autoscalersOf, ownerFindings, type OwnerKind, ownerKinds } from './owners.ts'
import { permissions } from './permissions.ts'
import { isTerminating, podsOf } from './pods.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { numberAt, objectAt, readWorkload, type WorkloadName, workloadRef } from './workload.ts'

export interface ScaleToZeroOptions extends NamespaceOptions {
  /** Which workloads, by name. There is no "all of the namespace": that also stops what nobody thought of. */
  readonly workloads: readonly { readonly kind?: 'Deployment' | 'StatefulSet' | undefined; readonly name: string }[]
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

/**
 * Stops workloads by scaling them to zero, and waits until their pods are gone. As the scope of `during`, each one is scaled back to the number
 * that it had, and not to one number for all. An autoscaler does nothing while its workload has no replicas, and goes on by itself after.
 */
export const scaleToZero: StepFactory<ScaleToZeroOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.scale-to-zero',
  options: z.strictObject({
    ...clusterScope,
    workloads: z
      .array(z.strictObject({ kind: z.enum(['Deployment', 'StatefulSet']).default('Deployment'), name: z.string().min(1) }))
      .min(1),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  stopsWriters: true,
  target: ({ context, namespace, workloads }) => ({
    system: context,
    name: `${namespace}/${workloads.map(({ kind, name }) => `${kind}/${name}`).join(',')}`.slice(0, 200),
  }),
  needs: ({ namespace, workloads }) => ({
    needs: permissions.scaleToZero(workloads.map(({ kind }) => kind)),
    unproved: permissions.listPods(),
    namespace,
  }),

  async plan({ options, client }, context) {
    const scope = await namespaceUid(client, options.namespace, context)
    const seen = await Promise.all(
      options.workloads.map((one) => planned(client, scope, { ...one, namespace: options.namespace }, context)),
    )
    return {
      writes: seen.map(({ write }) => write),
      summary: `Scale ${seen.map(({ text }) => text).join(', ')} in ${options.namespace} to zero`,
      findings: seen.flatMap(({ write, scalers }) => [
        ...ownerFindings(write.live, options.acceptOwners),
        ...heldFindings(write.live, scalers),
      ]),
    }
  },
  async verify({ options, client, writes }, context): Promise<Verdict> {
    const left = await Promise.all(options.workloads.map((one) => podsLeft(client, { ...one, namespace: options.namespace }, context)))
    const names = left.flat().map(({ metadata }) => metadata.name)
    const evidence = [context.evidence('pods', names.length === 0 ? 'none left' : `${names.length} left`, `${writes.length} workloads`)]
    return names.length === 0
      ? { status: 'healthy', evidence }
      : { status: 'progressing', evidence, actual: `${names.slice(0, 10).join(', ')} still there` }
  },
})

async function planned(client: KubernetesClient, scope: string, workload: WorkloadName, call: Call) {
  const [live, scalers] = await Promise.all([readWorkload(client, workload, call), autoscalersOf(client, workload, call)])
  const write = writeOf(live, resourceName(scope, workloadRef(workload)), workloadRef(workload), [{ at: ['spec', 'replicas'], value: 0 }])
  return {
    write: { live, write } satisfies PlannedWrite,
    scalers,
    text: `${workload.kind} ${workload.name} (${numberAt(live, ['spec', 'replicas']) ?? 1})`,
  }
}

function heldFindings(live: KubernetesObject, scalers: readonly KubernetesObject[]): readonly Finding[] {
  return scalers.map((scaler) => {
    const keda = scaler.metadata.ownerReferences?.find(({ kind }) => kind === 'ScaledObject')
    if (keda === undefined) {
      return {
        level: 'info',
        code: 'k8s.autoscaler-rests',
        message: `The autoscaler ${scaler.metadata.name} rests while ${live.metadata.name} has no replicas`,
        hint: `It goes on with ${String(objectAt(scaler, ['spec'])['minReplicas'] as number)} to ${String(objectAt(scaler, ['spec'])['maxReplicas'] as number)} replicas when it is scaled back.`,
      }
    }
    return {
      level: 'blocker',
      code: 'k8s.scaled-by-keda',
      message: `KEDA (${keda.name}) would scale ${live.metadata.name} up again`,
      hint: 'Pause it with the annotation autoscaling.keda.sh/paused in the same plan.',
    }
  })
}

async function podsLeft(client: KubernetesClient, workload: WorkloadName, call: Call): Promise<readonly KubernetesObject[]> {
  const pods = await podsOf(client, workload, await readWorkload(client, workload, call), call)
  return pods.filter((pod) => !isTerminating(pod) || pod.metadata.deletionTimestamp !== undefined)
}
