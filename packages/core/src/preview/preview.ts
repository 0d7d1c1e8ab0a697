import type { Evidence } from '../contract/observation.ts'
import type { Change, DataLoss, Estimate, Finding, Guard, Preparation, Undo } from '../contract/preparation.ts'
import type { Risk } from '../contract/risk.ts'
import type { VerdictStatus } from '../engine/records.ts'
import type { SealedPlan } from '../seal/sealed-plan.ts'

/** One step as the preview found it. */
export interface PreviewedStep {
  readonly id: string
  /**
   * - `ready`: prepared; what it shows is what will run.
   * - `unchanged`: the target is there already.
   * - `late`: its inputs are known only after another step; shown with its static worst case.
   * - `not-taken`: on a branch that the sealed answers rule out.
   * - `alternative`: prepared, runs only if the alternatives before it fail.
   * - `refused`: prepare said no; see `refusal`.
   */
  readonly state: 'ready' | 'unchanged' | 'late' | 'not-taken' | 'alternative' | 'refused'
  readonly kind: string
  readonly target: string
  readonly summary: string
  readonly risk: readonly Risk[]
  readonly changes: readonly Change[]
  readonly guards: readonly Guard[]
  readonly leases: readonly string[]
  readonly findings: readonly Finding[]
  readonly estimate?: Estimate
  readonly undo?: Undo
  /** `late` only: the outputs it waits for. */
  readonly waitsFor: readonly string[]
  /** Why prepare refused. */
  readonly refusal?: { readonly code: string; readonly message: string; readonly hint: string }
  /** What an approval of this step binds to. */
  readonly approvalHash?: string
}

/** One `require` as the preview found it. `later`: something before it changes the world, so it is asked when reached. */
export interface PreviewedRequire {
  readonly id: string
  readonly status: VerdictStatus | 'later'
  readonly evidence: readonly Evidence[]
  readonly detail?: string
}

/** Everything that a person needs to decide, as plain data: nothing was written anywhere to make it. */
export interface Preview {
  readonly format: 'backstep-preview/v1'
  readonly plan: SealedPlan
  /** UTC, RFC 3339. */
  readonly at: string
  readonly steps: readonly PreviewedStep[]
  readonly requires: readonly PreviewedRequire[]
  /** Of lint and of the plan as a whole; those of a step stand with it. */
  readonly findings: readonly Finding[]
  /** sha256 over the plan's hash and every approval hash: what an approval of the whole binds to. */
  readonly hash: string
}

/** A preview with the preparations behind it, as the runner needs it to start. Keep it in the process, or store it with `savePreview`. */
export interface PreparedPreview extends Preview {
  readonly preparations: Readonly<Record<string, StoredPreparation>>
}

/** A preparation with its mark. */
export interface StoredPreparation {
  readonly preparation: Preparation
  readonly mark: string
}

/** One loss of data, with the step that causes it. */
export interface TotalDataLoss extends DataLoss {
  readonly step: string
  readonly resource: string
  /** The step is an alternative: lost only if the ones before it fail. */
  readonly onlyIf?: true
}

/** Result of the totals over all steps. */
export interface PreviewTotals {
  /** The worst over all steps that may run, alternatives, later and refused ones included. */
  readonly risk: Risk
  /** Of the steps that are ready. */
  readonly changes: number
  /** Steps that will run: ready or late. */
  readonly steps: number
  readonly late: number
  readonly pointsOfNoReturn: readonly string[]
  readonly dataLoss: readonly TotalDataLoss[]
  /** Steps that may lose data and have not said how much: later and refused ones, or those that do not count. */
  readonly mayLoseData: readonly string[]
  /** Along the longest way through the plan, healthy times of `observe` included; waiting for people is not. */
  readonly durationMs: { readonly known: number; readonly stepsWithout: number }
  /** Added up over all steps that will run. */
  readonly downtimeMs: { readonly known: number; readonly stepsWithout: number }
  /** What keeps the plan from running, one line each. */
  readonly blockers: readonly string[]
}
