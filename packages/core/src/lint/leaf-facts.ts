import type { SealedLeaf } from '../seal/sealed-plan.ts'

/** True for a leaf that changes the world: a step with a risk, or the leaving of a scope. */
export function isChange(leaf: SealedLeaf): boolean {
  return (leaf.type === 'step' || leaf.type === 'release') && leaf.risk.some((risk) => risk !== 'none')
}

/** True for a step that changes the world; the leaving of a scope is no step. */
export function isChangingStep(leaf: SealedLeaf): boolean {
  return leaf.type === 'step' && isChange(leaf)
}

/** True for a leaf that looks at the world and can say no: `require`, `observe`, and a list that a person goes through. */
export function isCheck(leaf: SealedLeaf): boolean {
  return leaf.type === 'require' || leaf.type === 'observe' || leaf.gate?.gate === 'manual-check'
}

/** True for a gate that asks for an approval. */
export function isApproval(leaf: SealedLeaf): boolean {
  return leaf.gate?.gate === 'approval'
}

/** True for a step that could not be put back once it ran. */
export function isOneWay(leaf: SealedLeaf): boolean {
  return isChangingStep(leaf) && (!leaf.canUndo || leaf.risk.includes('point-of-no-return'))
}

/** `"a", "b" and 3 more`. */
export function namesOf(leaves: readonly { readonly id: string }[], most = 3): string {
  const shown = leaves.slice(0, most).map(({ id }) => `"${id}"`)
  const rest = leaves.length - shown.length
  if (rest > 0) return `${shown.join(', ')} and ${rest} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}
