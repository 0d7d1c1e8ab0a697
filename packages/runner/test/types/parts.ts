import type { Check, Output, PlanNode, RollbackStep } from '@backstep/core'

// Values that exist for the compiler only: a file of type tests is never run.

export declare const read: PlanNode<'none'>
export declare const safe: RollbackStep<{ readonly revision: number }, 'reversible'>
export declare const lossy: RollbackStep<{ readonly host: string; readonly state: 'a' | 'b'; readonly on: boolean }, 'data-loss'>
export declare const cut: RollbackStep<{ readonly ok: boolean }, 'data-loss' | 'point-of-no-return'>
export declare const check: Check
export declare const knownLate: Output<readonly string[], 'execute'>
export declare const knownEarly: Output<readonly string[], 'prepare'>
export declare const flag: boolean
