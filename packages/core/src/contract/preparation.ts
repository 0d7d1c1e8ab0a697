import type { Duration, Instant, Json, JsonObject, Kind } from './json.ts'
import type { Idempotency, Risk } from './risk.ts'

/**
 * The result of `prepare`: what a step would do to the live world, why that is possible, and what must not have moved until then.
 * Plain data: it is shown, approved, journalled and handed back after a crash.
 */
export interface Preparation<P extends JsonObject = JsonObject, R extends Risk = Risk, S extends Json = Json> {
  /** What probe, execute, verify and compensate need besides the snapshot. At most 64 KiB as JSON: it is written into the journal. */
  readonly prepared: P
  /**
   * The values to write and the values to restore; never a pointer to history that somebody may prune. Any size: stored outside the
   * journal under its hash, encrypted, and handed back typed. For streams see `PrepareContext.blobs`.
   */
  readonly snapshot?: S
  /** One imperative line with absolute names: "Return shop/checkout to revision 41". */
  readonly summary: string
  /** Everything that would change, in the order in which it changes. Empty: the target is already there; the step is verified, never executed, never undone. */
  readonly changes: readonly Change[]
  /** Identity of the world that this preparation rests on. Tested again right before the effect. */
  readonly guards: readonly Guard[]
  /** Global identities of every object that is written, one form per system: `k8s:<namespace uid>/apps/Deployment/checkout`. */
  readonly leases: readonly string[]
  /** The exact risk now; a subset of the static one. `[]` when nothing is at risk any more. */
  readonly risk: readonly R[]
  /** Only when worse than the trait: this time a repeat would not be harmless. */
  readonly idempotency?: Idempotency
  /** What going back over this step would mean. Left out: `reversible`, nothing lost. */
  readonly undo?: Undo
  readonly findings?: readonly Finding[]
  readonly estimate?: Estimate
}

/** One change to one object of any system; the same list serves Kubernetes, SQL, Terraform, files and secrets. */
export interface Change {
  /** Global name of the object, the same text as in `guards` and `leases` where they mean the same object. */
  readonly resource: string
  readonly action: 'create' | 'update' | 'replace' | 'delete' | 'run' | 'none'
  /** Identity of the state before, comparable as text: revision and template hash, image digest, migration id and checksum. */
  readonly before?: string
  /** Identity of the state after, as the server will store it. Approvals bind to it. */
  readonly after?: string
  /** What differs, for people. Secrets by key name, never by value. */
  readonly fields?: readonly FieldChange[]
  readonly dataLoss?: DataLoss
}

/** One field of a `Change`. */
export interface FieldChange {
  readonly path: string
  readonly before?: string
  readonly after?: string
}

/** Data that a change would lose. */
export interface DataLoss {
  /** What is lost, in words an approver understands: "discount codes entered since the release". */
  readonly what: string
  /** The writes of this window are affected. */
  readonly from?: Instant
  readonly to?: Instant
  /** Counted at prepare. Shown, not part of the approval: one more row must not void it. */
  readonly rows?: number
  /** The most rows that the approver accepts to lose. Part of the approval; more rows than this refuse the step. */
  readonly rowsAtMost?: number
  /** Where the data is kept when it is not really lost: a salvage table, a renamed database. */
  readonly keptIn?: string
}

/** A fact about the world at prepare time: uid, serial, checksum, row count. */
export interface Guard {
  readonly resource: string
  readonly property: string
  readonly equals: string
}

/** Something that a person should know. A `blocker` refuses the step; the others are shown. */
export interface Finding {
  readonly level: 'blocker' | 'warning' | 'info'
  readonly code: Kind
  readonly message: string
  /** What to do next, one imperative sentence. */
  readonly hint: string
  /** Where the reason is explained: a page of the documentation or a URL. */
  readonly page?: string
}

/** What going back over a step that has run would mean. */
export interface Undo {
  readonly risk: Risk
  /** What going back would lose, in words: "orders written since the swap". */
  readonly loses?: string
  readonly estimate?: Estimate
}

/** How long it should take, for people and time budgets. Never used as a time-out. */
export interface Estimate {
  readonly duration?: Duration
  readonly downtime?: Duration
}
