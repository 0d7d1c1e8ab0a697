import type { LintRule } from './rule.ts'
import { alwaysOfNestedPlan } from './rules/always-of-nested-plan.ts'
import { blindRepeat } from './rules/blind-repeat.ts'
import { changeWithoutCheck } from './rules/change-without-check.ts'
import { clockInOptions } from './rules/clock-in-options.ts'
import { codeBeforeSchema } from './rules/code-before-schema.ts'
import { compensateBlocked } from './rules/compensate-blocked.ts'
import { dataWithWriters } from './rules/data-with-writers.ts'
import { decisionByTimeout } from './rules/decision-by-timeout.ts'
import { fallbackNeverReached } from './rules/fallback-never-reached.ts'
import { fallbackRepeatsItself } from './rules/fallback-repeats-itself.ts'
import { hazardWithoutApproval } from './rules/hazard-without-approval.ts'
import { irreversibleBeforeReversible } from './rules/irreversible-before-reversible.ts'
import { lateRequire } from './rules/late-require.ts'
import { mutableTag } from './rules/mutable-tag.ts'
import { noReturnInsideScope } from './rules/no-return-inside-scope.ts'
import { relativeTarget } from './rules/relative-target.ts'
import { sameTargetBeside } from './rules/same-target-beside.ts'
import { scopeHardToLeave } from './rules/scope-hard-to-leave.ts'
import { shortObserve } from './rules/short-observe.ts'
import { successBeforeCheck } from './rules/success-before-check.ts'
import { trafficBeforeCheck } from './rules/traffic-before-check.ts'

/** The rules that need to know no vendor. Packages add theirs: `lint(plan, { rules: [...coreRules, ...theirs] })`. */
export const coreRules: readonly LintRule[] = [
  alwaysOfNestedPlan,
  blindRepeat,
  changeWithoutCheck,
  clockInOptions,
  codeBeforeSchema,
  compensateBlocked,
  dataWithWriters,
  decisionByTimeout,
  fallbackNeverReached,
  fallbackRepeatsItself,
  hazardWithoutApproval,
  irreversibleBeforeReversible,
  lateRequire,
  mutableTag,
  noReturnInsideScope,
  relativeTarget,
  sameTargetBeside,
  scopeHardToLeave,
  shortObserve,
  successBeforeCheck,
  trafficBeforeCheck,
]
