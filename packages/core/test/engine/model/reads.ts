import type { IndexedLeaf, Run } from '../../../src/index.ts'

/** The write that a leaf has begun: its intent is on disk, its outcome is not. */
export function startsInside(run: Run, node: IndexedLeaf): 'do' | 'undo' | undefined {
  const leaf = run.leaves[node.number]
  if (leaf?.undo === 'intended') return 'undo'
  return leaf?.phase === 'intended' ? 'do' : undefined
}
