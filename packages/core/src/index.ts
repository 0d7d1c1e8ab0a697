export type { Duration, Instant, Json, JsonObject, Kind } from './contract/json.ts'
export { durationMs, formatDuration } from './contract/duration.ts'
export { isHazardous, worstRisk } from './contract/risk.ts'
export type { AutomaticRisk, Idempotency, Layer, ParallelRisk, Risk, StepTraits } from './contract/risk.ts'
export { plainCause, RollbackError } from './contract/errors.ts'
export type { Effect, RollbackErrorCode, RollbackErrorOptions } from './contract/errors.ts'
export { isSecret, secret, secretOption } from './contract/secret.ts'
export type { SealedSecret, Secret } from './contract/secret.ts'
export { isOutput } from './contract/output.ts'
export type { Given, KnownAt, Options, Output, OutputReference, Outputs, Returned } from './contract/output.ts'
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
export type { StepDefinition, StepFactory } from './define/step-definition.ts'
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
export type { Closed } from './plan/combinators.ts'
export { allOf, anyOf, includes, is, not } from './plan/conditions.ts'
export { gate, notice, observe, require } from './plan/nodes.ts'
export { plan, planTemplate } from './plan/plan.ts'
export type { PlanTemplate, TemplateDefinition } from './plan/plan.ts'
export type { AnyNode, Group } from './plan/group.ts'

export { canonical, hashOf, sha256Hex } from './seal/canonical.ts'
export { seal } from './seal/seal.ts'
export type { Registry, Sealed } from './seal/seal.ts'
export type { SealOptions } from './seal/answers.ts'
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
export type {
  TotalDataLoss,
  PreparedPreview,
  Preview,
  PreviewedRequire,
  PreviewedStep,
  PreviewTotals,
  StoredPreparation,
} from './preview/preview.ts'

export type { ApprovalCase, Denial, VoidApproval, VoidReason } from './policy/approval-votes.ts'
export { judgeApprovals } from './policy/approvals.ts'
export type { ApprovalJudgement, Approver } from './policy/approvals.ts'
export type { MissingRole } from './policy/assign-roles.ts'
export { checkApprovalPolicy } from './policy/check-approval-policy.ts'
export { checklistOf } from './policy/checklist.ts'
export type { Checklist, ChecklistItem, ChecklistSection } from './policy/checklist.ts'
export { defineCriteria, describeTarget, judgeCriteria, judgeTarget } from './policy/criteria.ts'
export type {
  Criteria,
  CriteriaGroup,
  CriteriaJudgement,
  CriteriaResults,
  Criterion,
  CriterionTarget,
  UnmetCriterion,
} from './policy/criteria.ts'
export {
  automaticStrategies,
  decisions,
  isAutomaticDecision,
  isAutomaticStrategy,
  requireDecisionFits,
  risksForPeople,
  strategies,
} from './policy/decision.ts'
export type {
  AutomaticDecision,
  AutomaticStrategy,
  Decision as SeverityDecision,
  DecisionFor,
  PersonDecision,
  PlanSeverityFor,
  Strategy,
  StrategyUnder,
} from './policy/decision.ts'
export { defaults } from './policy/defaults.ts'
export type { PolicyDefaults } from './policy/defaults.ts'
export { defineSeverity } from './policy/define-severity.ts'
export type { LevelDecisions, SeverityDefinition, SeverityLevels, SeverityPolicy } from './policy/define-severity.ts'
export { describeCondition, judgeCondition } from './policy/facts.ts'
export type { FactCondition, FactType, FactTypes, FactValue, Facts, Truth } from './policy/facts.ts'
export { incidentFacts } from './policy/incident-facts.ts'
export type { IncidentFacts, StandardLevel } from './policy/incident-facts.ts'
export { deployGuardRules, jointDecisionRules, pipelineRules, rulesForPeople, standardRules } from './policy/incident-rules.ts'
export type { IncidentRule } from './policy/incident-rules.ts'
export { demote, escalationsDue, isAbove, openIncident, promote, promotionDue, responseClock } from './policy/incident-severity.ts'
export type {
  DueEscalation,
  DuePromotion,
  EscalationClock,
  IncidentSeverity,
  ResponseClock,
  SeverityChange,
} from './policy/incident-severity.ts'
export { noReturnRules } from './policy/no-return-rules.ts'
export type { NoReturnKind, NoReturnRule, WayBack } from './policy/no-return-rules.ts'
export { judgeNoReturn } from './policy/no-return.ts'
export type { NoReturnAcceptance, NoReturnJudgement, NoReturnQuestion, NoReturnReason, NoReturnResult } from './policy/no-return.ts'
export type { QuantityUnit } from './policy/quantity.ts'
export { predeployCriteria, quickCard } from './policy/readiness-criteria.ts'
export type { PredeployCriterion, QuickCardPoint } from './policy/readiness-criteria.ts'
export type {
  AnySeverityLevel,
  Classification,
  ClassificationRule,
  Escalation,
  LevelChange,
  PageSeverity,
  Promotion,
  SeverityLevel,
  StatusPageImpact,
} from './policy/severity-level.ts'
export { severityPresets } from './policy/severity-presets.ts'
export type { IncidentPolicy, SeverityPresets } from './policy/severity-presets.ts'
export { runbookGroups, successCriteria } from './policy/standard-criteria.ts'
export type { RunbookGroup, SuccessCriterion } from './policy/standard-criteria.ts'
export { standardSeverity } from './policy/standard-severity.ts'
export type { StandardDecisions } from './policy/standard-severity.ts'
export { standardTiers } from './policy/standard-tiers.ts'
export type { ResponseTier, StandardTiers } from './policy/standard-tiers.ts'
export { strategiesOf } from './policy/start-ruling.ts'
export type { StartQuestion, StartRuling, StrategyChoice } from './policy/start-ruling.ts'
export type { Range } from './policy/tier-range.ts'
export { defineTiers } from './policy/tiers.ts'
export type { TierDefinition, Tiers } from './policy/tiers.ts'
export { judgeBudget } from './policy/time-budget.ts'
export type { BudgetJudgement, JudgedPhase, PhaseJudgement, PhaseTime, TimeBudget } from './policy/time-budget.ts'
export { automatic, requireAutomatic } from './trigger/automatic.ts'
export type { AutomaticDefinition, AutomaticSettings, AutomaticTrigger, Signal, SignalCondition } from './trigger/automatic.ts'
export { decideTrigger, firedSignals } from './trigger/decide-trigger.ts'
export { evolveTrigger } from './trigger/evolve-trigger.ts'
export type { DecisionToRecord, FiredSignal, RefusalReason, TriggerDecision } from './trigger/trigger-decision.ts'
export { wordOf } from './trigger/trigger-event.ts'
export type { PersonWord, RunNotice, TriggerEvent } from './trigger/trigger-event.ts'
export type { TriggerRules } from './trigger/trigger-rules.ts'
export { initialTrigger, restoreTrigger } from './trigger/trigger-state.ts'
export type { Flight, RecordedDecision, SignalState, TriggerState } from './trigger/trigger-state.ts'
export { renderPreviewMarkdown } from './preview/render-markdown.ts'
export type { RenderMarkdownOptions } from './preview/render-markdown.ts'
export { renderPreviewJson } from './preview/render-json.ts'
export { renderPlanMermaid } from './preview/render-mermaid.ts'
export { previewJsonSchema, previewSchema } from './preview/preview-schema.ts'
export type { PreviewDocument } from './preview/preview-schema.ts'
export { blockersOf } from './preview/blockers.ts'
export type { Blocker } from './preview/blockers.ts'
export { verdictOf } from './preview/verdict.ts'
export type { PreviewVerdict } from './preview/verdict.ts'
export { sortFindings } from './lint/sort-findings.ts'
export { visible } from './preview/plain-text.ts'
export type { ContactEntry } from './contract/contact.ts'
export type { StepBody } from './define/step-definition.ts'
export type { Compensation } from './define/step-definition.ts'
export type { WithoutAt } from './engine/command.ts'
export type { At as RecordStamp } from './engine/records.ts'
export type { OfLeaf as LeafRecordStamp } from './engine/records.ts'
export type { LeafTest } from './lint/plan-graph.ts'
export type { Scalar } from './plan/conditions.ts'
export type { Judged } from './policy/approvals.ts'
export type { Equality as FactEquality } from './policy/facts.ts'
export type { NamesOf as FactNamesOf } from './policy/facts.ts'
export type { Lower as RangeLower } from './policy/tier-range.ts'
export type { Upper as RangeUpper } from './policy/tier-range.ts'
export type { Entry as VerdictEntry } from './preview/wording.ts'
export type { SealedGroupBase } from './seal/sealed-plan.ts'
export type { BesideMemo, NodeMemo } from './engine/memo.ts'
export type { Schema as StepSchema } from './define/step-definition.ts'
export type { Subject as StepSubject } from './define/step-definition.ts'
export type { Tally } from './engine/memo.ts'
export type { Progress } from './engine/memo.ts'
export type { Undone } from './engine/memo.ts'
