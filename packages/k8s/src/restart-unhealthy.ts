import { defineStep, type Duration, durationMs, type Finding, type Position, type StepContext, type StepFactory } from '@backstep/core'
import {
  type KubernetesClient,
  kubernetesContacts,
  type KubernetesObject,
  shortName,
  namespaceUid,
  resourceName,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { afterWrite, toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal, unprovedFindings } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { isReady, isTerminating, podsOf, waitingReasons } from './pods.ts'
import { lookAtRollout } from './rollout-look.ts'
import { podRef, podResource, stillThere, type StuckPod } from './stuck-pods.ts'
import { listAt, readWorkload, type WorkloadName, type WorkloadOptions, workloadOptions, workloadRef } from './workload.ts'

export interface RestartUnhealthyOptions extends WorkloadOptions {
  /** A pod counts as unhealthy when it was not ready for so long, or at once when it waits in a crash loop or for an image. Default `'1m'`. */
  readonly notReadyFor?: Duration | undefined
  /** What to do when such a pod keeps data in an `emptyDir`, which goes with it. Default `'refuse'`. */
  readonly localData?: 'refuse' | 'lose' | undefined
}

/** How many pods were replaced. */
export type RestartUnhealthyReceipt = { readonly replaced: number }

/**
 * Deletes the pods of a workload that are not ready, exactly those that the preview lists, so that their controller makes new ones; then proves
 * that all pods are ready. For pods that hang for a reason that is gone by now: a node, a mount, a peer, a StatefulSet that waits for ever.
 *
 * Its risk is `none`: a pod that is not ready serves nobody and is made again by itself, so there is nothing to put back. What it kept in an
 * `emptyDir` would be lost, so such a pod refuses the preview unless the plan says otherwise.
 */
export const restartUnhealthy: StepFactory<RestartUnhealthyOptions, RestartUnhealthyReceipt, 'none', KubernetesClient> = defineStep({
  kind: 'k8s.restart-unhealthy',
  options: z.strictObject({
    ...workloadOptions,
    notReadyFor: z.custom<Duration>((value) => typeof value === 'string' && /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value)).default('1m'),
    localData: z.enum(['refuse', 'lose']).default('refuse'),
  }),
  prepared: z.object({ uid: z.string(), pods: z.array(z.object({ name: z.string(), uid: z.string() })) }),
  receipt: z.object({ replaced: z.int() }),
  traits: { risk: 'none', idempotency: 'natural', fencing: 'conditional-write' },
  client: (given): KubernetesClient => clientOf(given),
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, ...workload }) => ({ system: context, name: shortName(workload) }),

  prepare: ({ options, client }, context) => {
    const needs = permissions.restartUnhealthy(options.kind)
    return explainRefusal(client, { needs, namespace: options.namespace, call: context }, async () => {
      const unwritable = await unprovedFindings(client, needs, { namespace: options.namespace, call: context })
      const live = await readWorkload(client, options, context)
      const [scope, unhealthy] = await Promise.all([
        namespaceUid(client, options.namespace, context),
        unhealthyPods(client, options, live, context),
      ])
      const pods = unhealthy.map(({ metadata: { name, uid } }) => ({ name, uid }))
      const resources = pods.map((pod) => podResource(scope, pod))
      return {
        prepared: { uid: live.metadata.uid, pods },
        summary: `Replace ${pods.map(({ name }) => name).join(', ') || 'no pod'} of ${shortName(options)}`,
        changes: resources.map((resource) => ({ resource, action: 'replace' })),
        guards: pods.map((pod) => ({ resource: podResource(scope, pod), property: 'uid', equals: pod.uid })),
        leases: [resourceName(scope, workloadRef(options)), ...resources],
        risk: [],
        findings: [...dataFindings(unhealthy, options.localData), ...unwritable],
      }
    })
  },
  probe: ({ options, client, prepared: { pods } }, context) => positionOf(client, options, pods, context),
  async execute({ options, client, prepared: { pods } }, context) {
    const left = await stillThere(client, options.namespace, pods, context)
    for (const [index, pod] of left.entries()) {
      try {
        await client.remove({ ...podRef(options.namespace, pod), uid: pod.uid }, context)
      } catch (cause) {
        throw index > 0 ? afterWrite(cause) : cause
      }
    }
    return { replaced: pods.length }
  },
  verify: ({ options, client, prepared: { uid } }, context) => lookAtRollout(client, options, { uid }, context),
})

async function positionOf(
  client: Pick<KubernetesClient, 'list'>,
  { namespace }: Pick<WorkloadName, 'namespace'>,
  pods: readonly StuckPod[],
  context: StepContext,
): Promise<Position<RestartUnhealthyReceipt>> {
  const left = await stillThere(client, namespace, pods, context)
  if (left.length === 0) return { at: 'after', receipt: { replaced: pods.length } }
  if (left.length === pods.length) return { at: 'before' }
  return { at: 'between', detail: `${left.map(({ name }) => name).join(', ')} still to be replaced` }
}

async function unhealthyPods(
  client: Pick<KubernetesClient, 'list'>,
  options: WorkloadName & { readonly notReadyFor: Duration },
  live: KubernetesObject,
  context: StepContext,
): Promise<readonly KubernetesObject[]> {
  const since = context.clock.now() - durationMs(options.notReadyFor)
  const pods = await podsOf(client, options, live, context)
  return pods
    .filter((pod) => !isTerminating(pod) && !isReady(pod) && (waitingReasons([pod]).some(isHopeless) || notReadySince(pod) <= since))
    .toSorted((one, other) => one.metadata.name.localeCompare(other.metadata.name, 'en', { numeric: true }))
}

function isHopeless(reason: string): boolean {
  return reason === 'CrashLoopBackOff' || reason === 'ImagePullBackOff' || reason === 'ErrImagePull'
}

/** By the server's clock: when it stopped to be ready, or was made. */
function notReadySince(pod: KubernetesObject): number {
  const condition = listAt(pod, ['status', 'conditions']).find(({ type }) => type === 'Ready')
  return Date.parse((condition?.['lastTransitionTime'] as string | undefined) ?? pod.metadata.creationTimestamp ?? '')
}

function dataFindings(pods: readonly KubernetesObject[], localData: 'refuse' | 'lose'): readonly Finding[] {
  const keeping = pods.filter((pod) => listAt(pod, ['spec', 'volumes']).some(({ emptyDir }) => emptyDir !== undefined))
  if (keeping.length === 0) return []
  const isLost = localData === 'lose'
  return [
    {
      level: isLost ? 'warning' : 'blocker',
      code: 'k8s.local-data',
      message: `${keeping.map(({ metadata }) => metadata.name).join(', ')} may keep data in an emptyDir, which goes with the pod`,
      hint: isLost ? 'Copy it first if anybody needs it.' : "Write localData: 'lose' when nobody needs it.",
    },
  ]
}
