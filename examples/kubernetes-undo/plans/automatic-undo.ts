import { automatic, type AutomaticTrigger, type Duration } from '@backstep/core'
import { fewRestarts, rolloutMoves } from '@backstep/k8s'
import { emergencyUndo } from './emergency-undo.ts'
import { goodRevisionKept } from './good-revision-kept.ts'
import type { Place } from './place.ts'

/**
 * A machine goes back when a rollout hangs, or when containers of the new release keep being restarted. Kubernetes itself only writes such
 * things down. It goes back once: a rollback is not rolled back, and after that people are paged.
 */
export function automaticUndo(
  input: Place,
  { after = '90s', every = '30s' }: { readonly after?: Duration; readonly every?: Duration } = {},
): AutomaticTrigger {
  const { window: _, ...target } = input
  return automatic({
    name: `undo ${target.name}`,
    target: `${target.namespace}/${target.name}`,
    any: [
      { check: rolloutMoves(target), for: after },
      { check: fewRestarts({ ...target, atMost: 2 }), for: after },
    ],
    knownGood: goodRevisionKept(target),
    run: emergencyUndo(input),
    every,
    cooldown: '1h',
    maxPerDay: 2,
  })
}
