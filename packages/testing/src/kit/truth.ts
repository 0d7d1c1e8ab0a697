import type { Json, Position } from '@backstep/core'
import { brief, isSame } from './failure.ts'
import type { InterruptedCall } from './interrupted-calls.ts'
import type { Life } from './suite.ts'

/** What a position says that the world does not show. `between` and `unknown` claim nothing. */
export function untruthOf(position: Position, world: Json, { initial, target }: Pick<Life, 'initial' | 'target'>): string | undefined {
  if (position.at === 'before' && !isSame(world, initial)) return `probe says before, and the world is ${brief(world)}`
  if (position.at === 'after' && !isSame(world, target)) return `probe says after, and the world is ${brief(world)}`
  if (position.at === 'elsewhere') return `probe says elsewhere (${position.detail}), and nobody else changed anything`
  return undefined
}

/** What a method returned although it cannot know it, or although it is not so. */
export function falseResult({ report, after: world, prepared }: InterruptedCall, life: Life): string | undefined {
  if (!('value' in report.result)) return undefined
  const { value } = report.result
  switch (report.method) {
    case 'prepare':
      return isSame((value as { changes: unknown }).changes, prepared.preparation.changes) ? undefined : 'prepare returned other changes'
    case 'probe':
      return untruthOf(value as Position, world, life)
    case 'execute':
      return isSame(world, life.target) ? undefined : `execute returned a receipt, and the world is ${brief(world)}`
    case 'verify':
      return (value as { status: string }).status === 'healthy' && !isSame(world, life.target)
        ? 'verify says healthy away from the target'
        : undefined
    case 'compensate':
      return isSame(world, life.initial) || hasNamedLosses(value) ? undefined : `compensate returned, and the world is ${brief(world)}`
  }
}

function hasNamedLosses(value: unknown): boolean {
  return ((value as { notRestored?: readonly unknown[] } | undefined)?.notRestored?.length ?? 0) > 0
}
