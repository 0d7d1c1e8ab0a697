export type { Duration, Instant, Json, JsonObject, Kind } from './contract/json.ts'
export { durationMs, formatDuration } from './contract/duration.ts'
export { isHazardous, worstRisk } from './contract/risk.ts'
export type { AutomaticRisk, Idempotency, ParallelRisk, Risk, StepTraits } from './contract/risk.ts'
export { plainCause, RollbackError } from './contract/errors.ts'
export type { Effect, RollbackErrorCode, RollbackErrorOptions } from './contract/errors.ts'
export { isSecret, secret, secretOption } from './contract/secret.ts'
export type { SealedSecret, Secret } from './contract/secret.ts'
export { isOutput } from './contract/output.ts'
export type { Given, KnownAt, Options, Output, OutputReference, Outputs } from './contract/output.ts'
export type { ContactCall, ContactDetail, ContactMode, ContactObserver, ContactTable } from './contract/contact.ts'
export type { BlobRef, Clock, ExecuteContext, PrepareContext, ProgressEvent, StepContext } from './contract/context.ts'
export type { Change, DataLoss, Estimate, FieldChange, Finding, Guard, Preparation, Undo } from './contract/preparation.ts'
export type { Evidence, Position, Restoration, Verdict } from './contract/observation.ts'
export type { PlanNode, RollbackStep, StepSettings, TargetRef, Work } from './contract/step.ts'
export type {
  ApprovalPolicy,
  Check,
  Condition,
  Gate,
  GateOptions,
  Notice,
  Observe,
  ObserveOptions,
  OnFailure,
  Plan,
  PlanDefinition,
  PlanSeverity,
  Query,
  ReadContext,
  Require,
} from './contract/nodes.ts'

export { defineStep } from './define/define-step.ts'
export type { StepDefinition, StepFactory } from './define/define-step.ts'
export { defineQuery } from './define/define-query.ts'
export type { QueryDefinition, QueryFactory, QueryOptions } from './define/define-query.ts'
export { defineCheck } from './define/define-check.ts'
export type { CheckDefinition, CheckFactory } from './define/define-check.ts'
export { json } from './define/json-schema.ts'
export { observePort } from './define/port.ts'

export {
  during,
  fallback,
  forEach,
  named,
  onFailure,
  optional,
  route,
  sequence,
  together,
  togetherAtMost,
  when,
} from './plan/combinators.ts'
export type { Branches } from './plan/combinators.ts'
export { allOf, anyOf, includes, is, not } from './plan/conditions.ts'
export { gate, notice, observe, require } from './plan/nodes.ts'
export { plan, planTemplate } from './plan/plan.ts'
export type { PlanTemplate, TemplateDefinition } from './plan/plan.ts'
export type { AnyNode, Group } from './plan/group.ts'

export { canonical, hashOf, sha256Hex } from './seal/canonical.ts'
export { seal } from './seal/seal.ts'
export type { Registry, Sealed, SealOptions } from './seal/seal.ts'
export { allLeaves, isGroup, leavesOf } from './seal/sealed-plan.ts'
export type {
  SealedChoose,
  SealedCondition,
  SealedGroup,
  SealedLeaf,
  SealedNode,
  SealedPlan,
  SealedSequence,
  SealedTogether,
} from './seal/sealed-plan.ts'

export { allowedAnswers } from './engine/answers.ts'
export type { AllowedAnswer } from './engine/answers.ts'
export type { Command, Decision, OpenGate, RecordBody } from './engine/command.ts'
export { decide, openGates, withdraw } from './engine/decide.ts'
export { evolve, replay } from './engine/evolve.ts'
export type { LeafState, Phase, PreparedFacts, UndoPhase } from './engine/leaf-state.ts'
export { branchOf, holds } from './engine/condition.ts'
export { indexPlan } from './engine/plan-index.ts'
export type { IndexedLeaf, IndexedNode, PlanIndex } from './engine/plan-index.ts'
export { forkRun, leafAt, startRun, valueOf } from './engine/run.ts'
export type { Run } from './engine/run.ts'
export { viewOf } from './engine/view.ts'
export type { LeafView, RunView } from './engine/view.ts'
export type { Actor, Approval, BlockReason, Failure, OperatorAnswer, Outcome, RunRecord, VerdictStatus } from './engine/records.ts'
export { isWithinApproval } from './preview/approval-bounds.ts'
export type { WithinApproval } from './preview/approval-bounds.ts'
export { approvalHash, previewHash } from './preview/approval-hash.ts'
export { totalsOf } from './preview/preview-totals.ts'
export { renderPreviewText } from './preview/render-text.ts'
export type { RenderTextOptions } from './preview/render-text.ts'
export { coreRules } from './lint/core-rules.ts'
export { lint } from './lint/lint.ts'
export type { LintOptions } from './lint/lint.ts'
export { defineRule } from './lint/rule.ts'
export type { LintContext, LintIssue, LintRule } from './lint/rule.ts'
export { planGraph } from './lint/plan-graph.ts'
export type { LeafOrder, PlanGraph, PlanScope } from './lint/plan-graph.ts'
export { judgeApprovals } from './policy/approvals.ts'
export type { ApprovalJudgement, Approver } from './policy/approvals.ts'
export type { PreparedPreview, Preview, PreviewedRequire, PreviewedStep, PreviewTotals, StoredPreparation } from './preview/preview.ts'
