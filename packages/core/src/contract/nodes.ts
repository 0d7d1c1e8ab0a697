import type { StepContext } from './context.ts'
import type { Duration, Json, JsonObject, Kind } from './json.ts'
import type { PlanSeverityFor } from '../policy/decision.ts'
import type { Verdict } from './observation.ts'
import type { Output, Outputs } from './output.ts'
import type { Risk } from './risk.ts'
import type { PlanNode, TargetRef } from './step.ts'

/** What queries and checks get: a step's context and the values of outputs. */
export interface ReadContext extends StepContext {
  readonly read: <T extends Json>(output: Output<T>) => T
}

/** Finds out what to go back to. Read at preview; the answer is sealed into the plan and never asked again. */
export interface Query<Result extends JsonObject = JsonObject> extends PlanNode<'none'> {
  readonly node: 'query'
  readonly kind: Kind
  readonly target: TargetRef
  readonly options: object
  readonly output: Outputs<Result, 'prepare'>
  read(context: ReadContext): Promise<Result>
}

/** One question about the live world. The same value serves `require`, `observe` and triggers. */
export interface Check {
  readonly kind: Kind
  readonly target: TargetRef
  readonly options: object
  sample(context: ReadContext): Promise<Verdict>
}

/** A message. Done when it stands in the outbox; delivered beside the run, it never delays or fails it. */
export interface Notice extends PlanNode<'none'> {
  readonly node: 'notice'
  readonly kind: Kind
  readonly options: object
}

/** Must hold in the preview (when nothing before it changes anything) and again when reached. */
export interface Require extends PlanNode<'none'> {
  readonly node: 'require'
  readonly checks: readonly Check[]
}

export interface ObserveOptions {
  /** For ids and people. Default: the kinds of the checks. */
  readonly name?: string
  readonly checks: readonly Check[]
  /** Unbroken healthy time. `unknown` breaks it, a resume starts it again. Default `'0s'`: healthy once. */
  readonly for?: Duration
  /** From the first sample. Still unhealthy then: failed; no data then: blocked for a person. */
  readonly deadline: Duration
  /** Between samples. Default `'5s'`. */
  readonly every?: Duration
}

/** Watches until the checks were healthy long enough. */
export interface Observe extends PlanNode<'none'> {
  readonly node: 'observe'
  readonly options: ObserveOptions
}

/** Who may approve, how many of them, for how long. */
export interface ApprovalPolicy {
  /** Roles that may approve. */
  readonly roles: readonly string[]
  /** `'all'`: one person of each role. A number: that many different people of these roles. Default 1. */
  readonly quorum?: 'all' | number
  /** How long an approval counts. Default `'4h'`. */
  readonly expires?: Duration
  /** One person may decide alone with a reason, which is recorded. Default `false`. */
  readonly breakGlass?: boolean
}

/** The three kinds of questions that a plan can ask people. Plain data. */
export type GateOptions =
  | ({ readonly gate: 'approval'; readonly name: string } & ApprovalPolicy)
  | {
      readonly gate: 'manual-check'
      readonly name: string
      readonly role: string
      readonly checklist: readonly string[]
      readonly timeout: Duration
    }
  | {
      readonly gate: 'decision'
      readonly name: string
      readonly role: string
      readonly options: readonly string[]
      readonly timeBox: Duration
      readonly onTimeout: string
    }

/** Waits for a person. */
export interface Gate<Answer extends string = string> extends PlanNode<'none'> {
  readonly node: 'gate'
  readonly name: string
  readonly options: GateOptions
  /** What the person chose, known after the gate. */
  readonly output: { readonly answer: Output<Answer, 'execute'> }
}

/** `halt`: stop, keep everything, ask people. `compensate`: put this node back, then fail upwards. */
export type OnFailure = 'halt' | 'compensate'

/** Data, not closures: printed by a preview, hashed, carried to another engine. */
export type Condition =
  | { readonly test: 'is' | 'includes'; readonly output: Output<Json>; readonly value: string | number | boolean }
  | { readonly test: 'not'; readonly of: Condition }
  | { readonly test: 'all' | 'any'; readonly of: readonly Condition[] }

/** How bad it is, and who starts the plan. Levels and their rules are a `SeverityPolicy`. */
export interface PlanSeverity {
  readonly level: string
  readonly decision: 'auto' | 'auto-if-enabled' | 'confirm' | 'evaluate' | 'fix-forward-first' | 'fix-forward'
}

/** A composition with a name. It is a node itself: plans nest. */
export interface Plan<out R extends Risk = Risk> extends PlanNode<R> {
  readonly node: 'group'
  readonly group: 'plan'
  readonly name: string
}

export interface PlanDefinition<R extends Risk> {
  /** Letters, digits, spaces, dots and dashes. */
  readonly name: string
  /** One sentence for people: what is well again when this plan has run. */
  readonly summary?: string
  /** A plan that a person has to accept cannot be decided by a machine: `decision: 'auto'` does not compile for it. */
  readonly severity?: PlanSeverityFor<NoInfer<R>>
  /** Default `halt`. */
  readonly onFailure?: OnFailure
  /** Expected time per phase, shown and watched; never a time-out. */
  readonly timeBudget?: Readonly<Record<string, Duration>>
  readonly links?: readonly { readonly title: string; readonly url: string }[]
  readonly steps: PlanNode<R>
  /** Once, at a real end, also after a cancel; never while the run is blocked. Cannot fail the run. */
  readonly always?: readonly PlanNode<'none'>[]
}
