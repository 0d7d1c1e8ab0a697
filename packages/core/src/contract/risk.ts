/**
 * The worst that a node may do to production.
 *
 * - `none`: changes nothing.
 * - `reversible`: `compensate` brings back everything that was there.
 * - `data-loss`: the structure can come back, some data cannot.
 * - `point-of-no-return`: nothing comes back; the plan cannot go behind this step by itself.
 *
 * The type of a plan carries the union over its steps.
 */
export type Risk = 'none' | 'reversible' | 'data-loss' | 'point-of-no-return'

/** What a machine may start without a person. */
export type AutomaticRisk = 'none' | 'reversible'

/** What may run beside other changes. A point of no return is a cut in the plan: nothing runs beside it. */
export type ParallelRisk = Exclude<Risk, 'point-of-no-return'>

/**
 * The layer of a system that a step puts back, for rules about order: `data` replaces live data, `schema` changes the shape of a database,
 * `code` changes what runs, `traffic` changes which of the running things users reach.
 */
export type Layer = 'data' | 'schema' | 'code' | 'traffic'

/** What happens when the same effect is asked for twice. */
export type Idempotency = 'natural' | 'keyed' | 'none'

/** The promises of a step, known before any contact. The conformance kit of `@backstep/testing` holds the step to each of them. */
export interface StepTraits<out R extends Risk = Risk> {
  /** Static worst case. A preparation may report less, never more. */
  readonly risk: R | readonly R[]
  /**
   * - `natural`: setting the same state again is harmless.
   * - `keyed`: the provider drops repeats of `ExecuteContext.idempotencyKey`.
   * - `none`: neither; after an outcome that stays unclear a person is asked, and nothing is repeated blindly.
   *
   * A preparation may say worse (`Preparation.idempotency`), never better.
   */
  readonly idempotency: Idempotency
  /**
   * - `conditional-write`: the backend itself refuses the write of a process whose view is old, also when the world went away and came
   *   back to the same state in between.
   * - `lease-only`: only our lease protects the target.
   */
  readonly fencing: 'conditional-write' | 'lease-only'
  /**
   * For a step that is used as the scope of `during`: while it is entered, nobody but this run writes to the data behind it (maintenance
   * mode, writers scaled to zero). Going back over a step that would lose later writes is then allowed without asking. Default `false`.
   */
  readonly stopsWriters?: boolean
  /** The layer that the step puts back. Lint compares layers: schema before code, writers stopped before data. Left out: none of them. */
  readonly layer?: Layer
}

const order: readonly Risk[] = ['none', 'reversible', 'data-loss', 'point-of-no-return']

/** The worst of several risks; `none` of an empty list. */
export function worstRisk(risks: readonly Risk[]): Risk {
  return risks.reduce<Risk>((worst, risk) => (order.indexOf(risk) > order.indexOf(worst) ? risk : worst), 'none')
}

/** True for the two risks that a person has to accept: `data-loss` and `point-of-no-return`. */
export function isHazardous(risks: readonly string[]): boolean {
  return risks.includes('data-loss') || risks.includes('point-of-no-return')
}
