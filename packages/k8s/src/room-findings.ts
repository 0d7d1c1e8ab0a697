import type { Finding, Json, JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'
import { quantityOf } from './quantities.ts'
import { listAt, numberAt, objectAt, textAt } from './workload.ts'

/**
 * Quotas that leave no room for one more pod of the target. A rollout that may take a pod away first goes on without room; one that may not
 * waits for ever. Deployments only: the other kinds delete before they create.
 */
export function quotaFindings(live: KubernetesObject, template: JsonObject, quotas: readonly KubernetesObject[]): readonly Finding[] {
  if (live.kind !== 'Deployment') return []
  const isRecreated = textAt(live, ['spec', 'strategy', 'type']) === 'Recreate'
  const mayTakeAway = isRecreated || unavailableOf(live) > 0
  return quotas.flatMap((quota) => {
    const full = fullIn(quota, template)
    if (full.length === 0) return []
    const isScoped = listAt(quota, ['spec', 'scopes']).length > 0 || objectAt(quota, ['spec'])['scopeSelector'] !== undefined
    return [
      {
        level: mayTakeAway || isScoped ? ('warning' as const) : ('blocker' as const),
        code: 'k8s.quota-full' as const,
        message: `The quota ${quota.metadata.name} has no room for one more pod: ${full.join(', ')}`,
        hint: mayTakeAway ? 'Expect less capacity while pods are replaced.' : 'Raise the quota first, or allow maxUnavailable: 1.',
      },
    ]
  })
}

/** Budgets over the pods that allow no disruption now. */
export function budgetFindings(template: JsonObject, budgets: readonly KubernetesObject[]): readonly Finding[] {
  const labels = objectAt(template, ['metadata', 'labels'])
  return budgets
    .filter((budget) => {
      const wanted = Object.entries(objectAt(budget, ['spec', 'selector', 'matchLabels']))
      return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value)
    })
    .filter((budget) => numberAt(budget, ['status', 'disruptionsAllowed']) === 0)
    .map((budget) => ({
      level: 'info' as const,
      code: 'k8s.budget-exhausted' as const,
      message: `The budget ${budget.metadata.name} allows no eviction now; a rollout goes on all the same, a drain does not`,
      hint: 'Do not plan to drain nodes of these pods.',
    }))
}

/** What a Deployment may go without. Percentages round down; with no surge at all it is at least one. */
function unavailableOf(live: KubernetesObject): number {
  const rolling = objectAt(live, ['spec', 'strategy', 'rollingUpdate'])
  const replicas = numberAt(live, ['spec', 'replicas']) ?? 1
  const surge = shareOf(rolling['maxSurge'] ?? '25%', replicas, Math.ceil)
  const unavailable = shareOf(rolling['maxUnavailable'] ?? '25%', replicas, Math.floor)
  return surge === 0 && unavailable === 0 ? 1 : unavailable
}

function shareOf(value: Json, replicas: number, round: (share: number) => number): number {
  return typeof value === 'string' ? round((Number.parseInt(value, 10) * replicas) / 100) : Number(value)
}

function fullIn(quota: KubernetesObject, template: JsonObject): readonly string[] {
  const hard = objectAt(quota, ['status', 'hard'])
  const used = objectAt(quota, ['status', 'used'])
  return Object.keys(hard).flatMap((resource) => {
    const [most, now] = [quantityOf(String(hard[resource] as string)), quantityOf(String((used[resource] ?? '0') as string))]
    const more = demandOf(resource, template)
    if (most === undefined || now === undefined || more === 0 || now + more <= most) return []
    return [`${resource} ${String(used[resource] as string)} of ${String(hard[resource] as string)}`]
  })
}

/** What one pod of a template takes of a resource of a quota. Init containers run before the others, so they are not added. */
function demandOf(resource: string, template: JsonObject): number {
  if (resource === 'pods' || resource === 'count/pods') return 1
  const [, kind = 'requests', name] = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(resource) ?? []
  if (name === undefined) return 0
  return listAt(template, ['spec', 'containers'])
    .map((container) => quantityOf(textAt(container, ['resources', kind, name]) ?? '0') ?? 0)
    .reduce((sum, one) => sum + one, 0)
}
