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
