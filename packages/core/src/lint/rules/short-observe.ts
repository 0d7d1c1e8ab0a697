import type { SealedLeaf } from '../../seal/sealed-plan.ts'
import { formatDuration } from '../../contract/duration.ts'
import { isChange, isCheck, namesOf } from '../leaf-facts.ts'
import { defineRule, type LintRule } from '../rule.ts'

const floorMs = 5 * 60_000

export const shortObserve: LintRule = defineRule({
  code: 'plan.short-observe',
  level: 'info',
  page: 'docs/lint/plan.short-observe.md',
  reason: 'Many failures show only under load, after caches expire or at the next scheduled job: the first healthy minute proves little.',
  check({ graph }) {
    const isSteady = (leaf: SealedLeaf): boolean => leaf.type === 'observe' && (leaf.forMs ?? 0) >= floorMs
    const steady = graph.alwaysFollowedBy(isSteady)
    const checked = graph.alwaysFollowedBy(isCheck)
    const hasty = graph.leaves.filter((leaf) => isChange(leaf) && checked.has(leaf.id) && !steady.has(leaf.id))
    const hastyIds = new Set(hasty.map(({ id }) => id))
    const behind = graph.mayFollow((leaf) => hastyIds.has(leaf.id))
    const last = graph.leaves.findLast((leaf) => leaf.type === 'observe' && !isSteady(leaf) && behind.has(leaf.id))
    if (last === undefined) return []
    return [
      {
        message: `After ${namesOf(hasty)} nothing is watched for ${formatDuration(floorMs)}; "${last.id}" asks for ${formatDuration(last.forMs ?? 0)} of health`,
        hint: "Set for: '15m' on the last observe, at least '5m'.",
      },
    ]
  },
})
