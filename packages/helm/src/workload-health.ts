import type { Json, JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'

/** One object that is not ready: still on its way, or failed for good. */
export interface Unready {
  readonly state: 'progressing' | 'failed'
  readonly why: string
}

/**
 * Why a live object is not ready, from its own status and stricter than Helm's wait: every replica is of the wanted template and available,
 * and nothing of an older one is left. `undefined`: it is ready, or its kind has no readiness.
 */
export function unreadyReason(object: KubernetesObject): Unready | undefined {
  const spec = fields(object['spec'])
  const status = fields(object['status'])
  switch (object.kind) {
    case 'Deployment':
      return isObserved(object, status) ?? deploymentReason(spec, status)
    case 'StatefulSet':
      return isObserved(object, status) ?? statefulSetReason(spec, status)
    case 'DaemonSet':
      return isObserved(object, status) ?? daemonSetReason(status)
    case 'ReplicaSet':
    case 'ReplicationController':
      return isObserved(object, status) ?? counted(wantedReplicas(spec), { ready: count(status, 'readyReplicas') })
    case 'Job':
      return hasCondition(status, 'Failed') ? { state: 'failed', why: 'the job failed' } : undefined
    case 'PersistentVolumeClaim':
      return status['phase'] === 'Lost' ? { state: 'failed', why: 'its volume is lost' } : undefined
    default:
      return undefined
  }
}

function deploymentReason(spec: JsonObject, status: JsonObject): Unready | undefined {
  if (spec['paused'] === true) return { state: 'failed', why: 'it is paused: nothing is rolled out' }
  const condition = conditionOf(status, 'Progressing')
  if (condition?.['reason'] === 'ProgressDeadlineExceeded') return { state: 'failed', why: 'its rollout made no progress in time' }
  const old = count(status, 'replicas') - count(status, 'updatedReplicas')
  if (old > 0) return { state: 'progressing', why: `${old} old pods are left` }
  return counted(wantedReplicas(spec), { updated: count(status, 'updatedReplicas'), available: count(status, 'availableReplicas') })
}

function statefulSetReason(spec: JsonObject, status: JsonObject): Unready | undefined {
  const replicas = wantedReplicas(spec)
  const strategy = fields(spec['updateStrategy'])
  const partition = Number(fields(strategy['rollingUpdate'])['partition'] ?? 0)
  const updated = Math.max(0, replicas - partition)
  const isWhole = partition === 0 && status['currentRevision'] !== status['updateRevision']
  return (
    counted(replicas, { ready: count(status, 'readyReplicas') }) ??
    counted(updated, { updated: partition === 0 && !isWhole ? replicas : count(status, 'updatedReplicas') }) ??
    (isWhole && strategy['type'] !== 'OnDelete' ? { state: 'progressing', why: 'pods of two revisions run' } : undefined)
  )
}

function daemonSetReason(status: JsonObject): Unready | undefined {
  const wanted = count(status, 'desiredNumberScheduled')
  return counted(wanted, { updated: count(status, 'updatedNumberScheduled'), available: count(status, 'numberAvailable') })
}

function counted(wanted: number, counts: Readonly<Record<string, number>>): Unready | undefined {
  const short = Object.entries(counts).find(([, found]) => found < wanted)
  return short === undefined ? undefined : { state: 'progressing', why: `${short[1]} of ${wanted} ${short[0]}` }
}

function isObserved({ metadata }: KubernetesObject, status: JsonObject): Unready | undefined {
  return count(status, 'observedGeneration') >= (metadata.generation ?? 0)
    ? undefined
    : { state: 'progressing', why: 'its controller has not seen the change yet' }
}

function wantedReplicas(spec: JsonObject): number {
  return Number(spec['replicas'] ?? 1)
}

function count(status: JsonObject, field: string): number {
  return Number(status[field] ?? 0)
}

function conditionOf(status: JsonObject, type: string): JsonObject | undefined {
  const { conditions } = status
  return Array.isArray(conditions) ? (conditions as readonly JsonObject[]).find((condition) => condition['type'] === type) : undefined
}

function hasCondition(status: JsonObject, type: string): boolean {
  return conditionOf(status, type)?.['status'] === 'True'
}

function fields(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}
