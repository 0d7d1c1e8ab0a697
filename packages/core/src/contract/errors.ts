/**
 * The closed set of failures. The group says what a throw from `execute` means for the world, unless the throw says otherwise
 * (`RollbackErrorOptions.effect`).
 */
export type RollbackErrorCode =
  // Refused before any effect.
  | 'OPTIONS_INVALID'
  | 'PLAN_INVALID'
  | 'PLAN_CHANGED'
  | 'OUTPUT_NOT_KNOWN'
  | 'TARGET_NOT_FOUND'
  | 'TARGET_AMBIGUOUS'
  | 'PRECONDITION_FAILED'
  | 'DRIFTED'
  | 'RISK_UNDERSTATED'
  | 'PERMISSION_DENIED'
  | 'NOT_SUPPORTED'
  | 'SECRET_NOT_FOUND'
  | 'APPROVAL_DENIED'
  | 'APPROVAL_VOID'
  | 'REJECTED'
  | 'PAST_POINT_OF_NO_RETURN'
  | 'RUN_NOT_FOUND'
  | 'ANSWER_REFUSED'
  // Refused before any effect; the same call may be made again.
  | 'LEASE_HELD'
  | 'RATE_LIMITED'
  // The effect may have happened: the step is in doubt, not failed.
  | 'LEASE_LOST'
  | 'BACKEND_UNAVAILABLE'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'OUTCOME_UNKNOWN'
  | 'UNHEALTHY'
  | 'COMPENSATION_FAILED'
  | 'JOURNAL_CONFLICT'
  | 'JOURNAL_CORRUPT'
  | 'SNAPSHOT_MISSING'
  | 'INTERNAL'

/** What a throw says about the world: `none`, nothing was changed by this call; `unknown`, it may have been. */
export type Effect = 'none' | 'unknown'

export interface RollbackErrorOptions {
  /** What the operator should do next. One imperative sentence. */
  readonly hint: string
  /** The vendor's error. Kept for debugging; never printed in full, since vendor messages can hold whole objects. */
  readonly cause?: unknown
  /** Overrides the code's own meaning, for example a connection that was refused before anything was sent: `'none'`. */
  readonly effect?: Effect
  /** Overrides the code's own meaning: the same call may be made again. */
  readonly canRetry?: boolean
}

const retryable: ReadonlySet<RollbackErrorCode> = new Set(['LEASE_HELD', 'RATE_LIMITED', 'BACKEND_UNAVAILABLE', 'TIMED_OUT'])
const inDoubt: ReadonlySet<RollbackErrorCode> = new Set([
  'LEASE_LOST',
  'BACKEND_UNAVAILABLE',
  'TIMED_OUT',
  'ABORTED',
  'OUTCOME_UNKNOWN',
  'UNHEALTHY',
  'COMPENSATION_FAILED',
  'JOURNAL_CONFLICT',
  'JOURNAL_CORRUPT',
  'SNAPSHOT_MISSING',
  'INTERNAL',
])
const brand = Symbol.for('backstep.RollbackError')

/** The only error that a step throws and that Backstep throws. Branch on `code`; show `message` and `hint`. */
export class RollbackError extends Error {
  static {
    Object.defineProperty(this.prototype, 'name', { value: 'RollbackError' })
    Object.defineProperty(this.prototype, brand, { value: true })
  }

  readonly code: RollbackErrorCode
  /** What to do next. */
  readonly hint: string
  /** `none`: this call changed nothing. `unknown`: it may have, so the world has to be asked. */
  readonly effect: Effect
  /** The same call may be made again. */
  readonly canRetry: boolean

  constructor(code: RollbackErrorCode, message: string, options: RollbackErrorOptions) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.code = code
    this.hint = options.hint
    this.effect = options.effect ?? (inDoubt.has(code) ? 'unknown' : 'none')
    this.canRetry = options.canRetry ?? retryable.has(code)
  }

  /** True for a RollbackError of any copy of this package in the program, where plain `instanceof` would not be. */
  static override [Symbol.hasInstance](value: unknown): value is RollbackError {
    return typeof value === 'object' && value !== null && brand in value
  }
}

/**
 * A copy of a foreign error that is safe to keep as `cause`: name, code and message only. Vendor errors can carry whole requests,
 * connection strings or inputs as further properties.
 */
export function plainCause(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(typeof cause === 'string' ? cause : 'a value that is no Error was thrown')
  const copy = new Error(cause.message)
  copy.name = cause.name
  const { code } = cause as { code?: unknown }
  if (typeof code === 'string' || typeof code === 'number') Object.assign(copy, { code })
  if (cause.stack !== undefined) copy.stack = cause.stack
  return copy
}
