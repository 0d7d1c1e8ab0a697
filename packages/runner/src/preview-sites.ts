import { branchOf, isGroup, type Json, type SealedLeaf, type SealedNode, type SealedPlan } from '@backstep/core'

/** One leaf, with what is known about it before the run. */
export interface Site {
  readonly leaf: SealedLeaf
  readonly isTaken: boolean
  readonly isAlternative: boolean
  /** Nothing before it changes the world. */
  readonly isFirst: boolean
}

/** The value of an output that a query has answered. */
export function knownValue(plan: SealedPlan, reference: string): Json | undefined {
  const dot = reference.lastIndexOf('.')
  return plan.values[reference.slice(0, dot)]?.[reference.slice(dot + 1)]
}

/** Every leaf with what is known about it before the run: branches that the sealed answers rule out, alternatives, what comes first. */
export function sitesOf(plan: SealedPlan): readonly Site[] {
  const sites: Site[] = []
  let hasChanged = false
  const visit = (node: SealedNode, isTaken: boolean, isAlternative: boolean): void => {
    if (!isGroup(node)) {
      sites.push({ leaf: node, isTaken, isAlternative, isFirst: !hasChanged })
      if (isTaken && node.type === 'step' && node.risk.some((risk) => risk !== 'none')) hasChanged = true
      return
    }
    const branch = node.type === 'choose' ? branchOf(node.conditions, (reference) => knownValue(plan, reference)) : undefined
    node.children.forEach((child, index) => {
      const isOut = node.type === 'choose' && branch !== undefined && branch !== index
      visit(child, isTaken && !isOut, isAlternative || (node.type === 'fallback' && index > 0))
    })
  }
  visit(plan.tree, true, false)
  return sites
}
