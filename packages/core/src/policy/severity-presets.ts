import type { Decision } from './decision.ts'
import type { SeverityPolicy } from './define-severity.ts'
import type { IncidentFacts, StandardLevel } from './incident-facts.ts'
import { deployGuardRules, jointDecisionRules, pipelineRules } from './incident-rules.ts'
import { standardSeverity } from './standard-severity.ts'

/** A policy over the standard levels and facts, with the decision of each level. */
export type IncidentPolicy<A extends Decision, B extends Decision, C extends Decision, D extends Decision> = SeverityPolicy<
  StandardLevel,
  { readonly sev1: A; readonly sev2: B; readonly sev3: C; readonly sev4: D },
  IncidentFacts
>

/** Ready variations of `standardSeverity`. Each differs in data only; derive your own the same way. */
export interface SeverityPresets {
  /**
   * Two people decide together and a machine never does: tech lead and product owner both say yes. In need one of them decides alone with
   * a reason. Every incident is sev1 or sev2.
   */
  readonly jointDecision: IncidentPolicy<'confirm', 'confirm', 'evaluate', 'fix-forward'>
  /** Graded by what a release pipeline sees. The team that owns the service confirms, and maintenance mode may be part of the plan. */
  readonly pipeline: IncidentPolicy<'confirm', 'confirm', 'evaluate', 'fix-forward'>
  /** At sev1 a machine goes back to the earlier release of the application by itself; data and infrastructure still need a person. */
  readonly automaticFirst: IncidentPolicy<'auto', 'confirm', 'evaluate', 'fix-forward'>
  /**
   * For one host with one team: sev3 has 1 hour and sev4 24 hours, minor faults are repaired first, and a machine starts nothing. A full
   * return is preferred at sev1, a partial one at sev2.
   */
  readonly singleHost: IncidentPolicy<'confirm', 'confirm', 'fix-forward-first', 'fix-forward'>
  /** A machine, where enabled, undoes a release that fails its health checks or stalls; every other outage is a recovery that people confirm. */
  readonly deployGuard: IncidentPolicy<'auto-if-enabled', 'confirm', 'evaluate', 'fix-forward'>
}

const together = { roles: ['tech-lead', 'product-owner'], quorum: 'all', breakGlass: true } as const
const owner = { roles: ['service-owner'] } as const

/** See `SeverityPresets`. */
export const severityPresets: SeverityPresets = {
  jointDecision: standardSeverity
    .decide({ sev1: 'confirm' })
    .classifyWith(jointDecisionRules)
    .override({ sev1: { approvals: together }, sev2: { approvals: together } }),
  pipeline: standardSeverity
    .decide({ sev1: 'confirm' })
    .classifyWith(pipelineRules)
    .override({
      sev1: { approvals: { ...owner, breakGlass: true }, maintenance: 'allowed' },
      sev2: { approvals: owner, maintenance: 'allowed' },
    }),
  automaticFirst: standardSeverity.decide({ sev1: 'auto' }).override({ sev1: { approvals: { roles: ['tech-lead'], breakGlass: true } } }),
  singleHost: standardSeverity.decide({ sev1: 'confirm', sev3: 'fix-forward-first' }).override({
    sev1: { prefer: ['full'], escalate: [{ to: 'on-call', after: '0s' }] },
    sev2: { prefer: ['partial', 'full'] },
    sev3: { respondWithin: '1h', prefer: ['fix-forward', 'partial'] },
    sev4: { respondWithin: '24h' },
  }),
  deployGuard: standardSeverity.classifyWith(deployGuardRules).override({ sev1: { escalate: [{ to: 'on-call', after: '0s' }] } }),
}
