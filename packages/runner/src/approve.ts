import { RollbackError, type Actor, type Approval, type PreparedPreview, type RunView } from '@backstep/core'

/** How a program should exit: 0 healthy, 1 failed and put back, 2 needs a person, 3 refused before any change, 4 undecided. */
export function exitCodeOf(view: RunView): 0 | 1 | 2 | 3 | 4 {
  switch (view.outcome) {
    case 'succeeded':
      return 0
    case 'compensated':
      return 1
    case 'aborted':
      return 3
    case undefined:
      return view.state === 'waiting' ? 4 : 2
    default:
      return 2
  }
}

/**
 * One person's yes to a preview, to be passed to `run`.
 *
 * `accepts` names the hazardous steps that the person has seen; a hazardous step that nobody named asks again when it is reached.
 *
 * @throws RollbackError `PLAN_INVALID` for a step that is not hazardous or not in the preview.
 */
export function approve(
  preview: PreparedPreview,
  yes: {
    readonly actor: Actor
    readonly at: number
    readonly expiresAt?: number
    readonly accepts?: readonly string[]
    readonly reason?: string
    readonly breakGlass?: boolean
  },
): Approval {
  const unknown = (yes.accepts ?? []).find((id) => !preview.steps.some((step) => step.id === id))
  if (unknown !== undefined)
    throw new RollbackError('PLAN_INVALID', `The preview has no step "${unknown}"`, {
      hint: `Its steps: ${preview.steps.map(({ id }) => id).join(', ')}.`,
    })
  const { at, ...rest } = yes
  return { ...rest, hash: preview.hash, grantedAt: at }
}
