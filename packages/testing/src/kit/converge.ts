import { brief, demand, demandNone, isSame } from './failure.ts'
import { pass, type Passage } from './passage.ts'
import type { Point } from './points.ts'
import type { Suite } from './suite.ts'
import type { Disturbance } from './trap.ts'

export interface DisturbedRoute {
  readonly route: 'forward' | 'back'
  /** Where, out of the contacts of the undisturbed run. */
  readonly points: (reference: Passage) => readonly (Point & Pick<Disturbance, 'when'>)[]
  readonly act: Disturbance['act']
  /** For messages: `'a crash'`. */
  readonly what: string
  /** What else must be true of each disturbed run. */
  readonly inspect?: (passage: Passage) => string | undefined
}

/** Disturbs one run at each of the points, and demands of each the end of the undisturbed one. */
export async function proveConvergence(suite: Suite, { route, points, act, what, inspect }: DisturbedRoute): Promise<void> {
  const reference = await suite.passage(route)
  const chosen = points(reference)
  const problems: string[] = []
  let hits = 0
  for (const { contact, name, mode, when } of chosen) {
    const passage = await suite.inCase((one) => pass(one, route, { disturbance: { contact, when, act } }))
    demand(
      isSame(passage.initial, reference.initial),
      () => '`setUp` made another world than before: it has to make the same one each time',
    )
    if (!passage.wasDisturbed) continue
    hits++
    const problem = (await problemOf(suite, passage, reference, mode === 'read')) ?? inspect?.(passage)
    const { method = '?' } = passage.contacts[contact - 1] ?? {}
    if (problem !== undefined) problems.push(`${what} ${when} contact ${contact} (${name}, in ${method}): ${problem}`)
  }
  demandNone(problems, `${problems.length} of ${hits} runs did not end as without it`)
  demand(hits > 0 || chosen.length === 0, () => 'No contact was ever reached again: the step makes other calls in each run')
}

/**
 * What is wrong with a disturbed run. It has to end like the undisturbed one, or it was refused in a read with nothing changed. A step that
 * may not be repeated may also stop for a person, with its effect there whole or not at all, or in doubt.
 */
export async function problemOf(suite: Suite, passage: Passage, reference: Passage, isRead: boolean): Promise<string | undefined> {
  const { outcome, world } = passage
  if (outcome === reference.outcome && isSame(world, reference.world)) return undefined
  if (outcome === reference.outcome) return `another world: ${brief(world)} instead of ${brief(reference.world)}`
  const isUntouched = isSame(world, reference.initial)
  if (isUntouched && isRead && outcome === 'aborted') return undefined
  if ((await suite.facts()).step.traits.idempotency === 'none' && (await isStoppedForPerson(suite, passage, isUntouched))) return undefined
  const { failure } = passage.view
  return `the run ended as ${outcome} with ${isUntouched ? 'nothing changed' : brief(world)}${failure === undefined ? '' : ` (${failure.code}: ${failure.message})`}`
}

async function isStoppedForPerson(suite: Suite, { outcome, world }: Passage, isUntouched: boolean): Promise<boolean> {
  if (outcome === 'blocked (in-doubt)') return true
  return outcome !== 'succeeded' && (isUntouched || isSame(world, (await suite.passage('forward')).world))
}
