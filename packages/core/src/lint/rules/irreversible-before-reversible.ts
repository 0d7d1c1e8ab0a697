import type { SealedLeaf } from '../../seal/sealed-plan.ts'
import { isChangingStep } from '../leaf-facts.ts'
import type { PlanGraph } from '../plan-graph.ts'
import { defineRule, type LintRule } from '../rule.ts'

const layerOrder = ['data', 'schema', 'code', 'traffic']

export const irreversibleBeforeReversible: LintRule = defineRule({
  code: 'plan.irreversible-before-reversible',
  level: 'warning',
  page: 'docs/lint/plan.irreversible-before-reversible.md',
  reason: 'A failure of the later step could have been undone; after a point of no return it leaves the plan stuck half way.',
  check({ graph }) {
    const isCut = (leaf: SealedLeaf): boolean => leaf.type === 'step' && leaf.risk.includes('point-of-no-return')
    const behind = graph.mayFollow(isCut)
    const late = graph.leaves.filter((leaf) => behind.has(leaf.id) && isChangingStep(leaf) && !isCut(leaf))
    return graph.leaves.filter(isCut).flatMap((cut) => {
      const movable = late.find(
        (leaf) => graph.order(cut, leaf) === 'before' && !dependsOn(graph, leaf, cut) && !isOrderedByLayer(cut, leaf),
      )
      if (movable === undefined) return []
      return [
        {
          message: `"${cut.id}" is a point of no return, and "${movable.id}", which could be undone, comes after it`,
          hint: `Move "${movable.id}" before "${cut.id}", so that its failure can still be undone.`,
        },
      ]
    })
  },
})

function dependsOn(graph: PlanGraph, leaf: SealedLeaf, producer: SealedLeaf): boolean {
  const seen = new Set<string>()
  const open = [leaf]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const input of next.inputs) {
      const id = input.slice(0, input.lastIndexOf('.'))
      const source = graph.leaf(id)
      if (id === producer.id) return true
      if (source === undefined || seen.has(id)) continue
      seen.add(id)
      open.push(source)
    }
  }
  return false
}

/** Data and schema go back before the code that needs them, whatever that costs. */
function isOrderedByLayer(first: SealedLeaf, second: SealedLeaf): boolean {
  if (first.layer === undefined || second.layer === undefined) return false
  return layerOrder.indexOf(first.layer) < layerOrder.indexOf(second.layer)
}
