import type { Json, JsonObject, TargetRef } from '@backstep/core'
import {
  type Call,
  type ClusterOptions,
  clusterOptions,
  type KubernetesClient,
  type KubernetesObject,
  objectName,
  type ObjectRef,
  valueAt,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { missing } from './errors.ts'

export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet'
export const workloadKinds: readonly ['Deployment', 'StatefulSet', 'DaemonSet'] = ['Deployment', 'StatefulSet', 'DaemonSet']

export function isWorkloadKind(kind: unknown): kind is WorkloadKind {
  return workloadKinds.some((one) => one === kind)
}

/** Which workload. */
export interface WorkloadOptions extends ClusterOptions {
  readonly namespace: string
  /** Default `Deployment`. */
  readonly kind?: WorkloadKind | undefined
  readonly name: string
}

/** The same with its defaults. */
export interface WorkloadName {
  readonly namespace: string
  readonly kind: WorkloadKind
  readonly name: string
}

/** The fields of `WorkloadOptions`, to spread into the schema of a step. */
export const workloadOptions: typeof clusterOptions & {
  readonly namespace: z.ZodString
  readonly kind: z.ZodDefault<z.ZodEnum<{ Deployment: 'Deployment'; StatefulSet: 'StatefulSet'; DaemonSet: 'DaemonSet' }>>
  readonly name: z.ZodString
} = {
  ...clusterOptions,
  namespace: objectName,
  kind: z.enum(workloadKinds).default('Deployment'),
  name: objectName,
}

export function workloadRef({ namespace, kind, name }: WorkloadName): ObjectRef {
  return { apiVersion: 'apps/v1', kind, namespace, name }
}

/** The target of a query, whose options may be answers of other queries. */
export function targetOfQuery(options: {
  readonly context: unknown
  readonly namespace: unknown
  readonly kind?: unknown
  readonly name: unknown
}): TargetRef {
  const text = (value: unknown): string => (typeof value === 'string' ? value : 'answer')
  return { system: text(options.context), name: `${text(options.namespace)}/${text(options.kind ?? 'Deployment')}/${text(options.name)}` }
}

/** @throws RollbackError `TARGET_NOT_FOUND` when it does not exist. */
export async function readWorkload(client: Pick<KubernetesClient, 'get'>, workload: WorkloadName, call: Call): Promise<KubernetesObject> {
  const live = await client.get(workloadRef(workload), call)
  if (live === undefined) throw missing(workload)
  return live
}

/** `spec.selector` as text for a listing. */
export function selectorOf(live: KubernetesObject): string {
  const labels = Object.entries(objectAt(live, ['spec', 'selector', 'matchLabels'])).map(([key, value]) => `${key}=${value as string}`)
  const expressions = listAt(live, ['spec', 'selector', 'matchExpressions']).map((expression) => {
    const {
      key,
      operator,
      values = [],
    } = expression as { readonly key: string; readonly operator: string; readonly values?: readonly string[] }
    if (operator === 'Exists') return key
    if (operator === 'DoesNotExist') return `!${key}`
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`
  })
  return [...labels, ...expressions].join(',')
}

export function templateOf(live: KubernetesObject): JsonObject {
  return objectAt(live, ['spec', 'template'])
}

/** The controller has seen the object as it is now. */
export function isObserved(live: KubernetesObject): boolean {
  return (numberAt(live, ['status', 'observedGeneration']) ?? 0) >= (live.metadata.generation ?? 0)
}

/** Controlled by exactly this object: labels are not enough, another workload may select the same. */
export function isControlledBy({ metadata }: KubernetesObject, uid: string): boolean {
  return metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) === true
}

type Path = readonly (string | number)[]

export function objectAt(value: Json | undefined, path: Path): JsonObject {
  const found = valueAt(value, path)
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonObject) : {}
}

export function listAt(value: Json | undefined, path: Path): readonly JsonObject[] {
  const found = valueAt(value, path)
  return Array.isArray(found) ? (found as readonly JsonObject[]) : []
}

export function numberAt(value: Json | undefined, path: Path): number | undefined {
  const found = valueAt(value, path)
  return typeof found === 'number' ? found : undefined
}

export function textAt(value: Json | undefined, path: Path): string | undefined {
  const found = valueAt(value, path)
  return typeof found === 'string' ? found : undefined
}
