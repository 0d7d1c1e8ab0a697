import type { Actor } from '@backstep/core'
import type { DriveOptions } from '@backstep/runner'

/** Who approves and answers in the runs of the kit. */
export const kitActor: Actor = { id: 'conformance kit' }

/** Asked whether going back may lose data, says yes: going back is what is tested. */
export const allowUndo: NonNullable<DriveOptions['onBlocked']> = async ({ blocked }) => {
  const [id] = blocked?.ids ?? []
  if (blocked?.reason !== 'undo-loses-data' || id === undefined) return undefined
  return { ask: 'operator', id, answer: 'compensate', actor: kitActor, reason: 'the test goes back' }
}

/** Besides, asked once about a step that could not be seen until its time was over, says: look again. */
export function looksAgainOnce(): NonNullable<DriveOptions['onBlocked']> {
  let hasLooked = false
  return async (view) => {
    const [id] = view.blocked?.ids ?? []
    if (view.blocked?.reason !== 'no-data' || id === undefined || hasLooked) return allowUndo(view)
    hasLooked = true
    return { ask: 'operator', id, answer: 'retry', actor: kitActor, reason: 'what hung has ended' }
  }
}
