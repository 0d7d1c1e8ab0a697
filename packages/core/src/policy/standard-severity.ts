import { defineSeverity, type SeverityPolicy } from './define-severity.ts'
import { incidentFacts, type IncidentFacts, type StandardLevel } from './incident-facts.ts'
import { standardRules } from './incident-rules.ts'

/** Who decides under `standardSeverity`. */
export interface StandardDecisions {
  readonly sev1: 'auto-if-enabled'
  readonly sev2: 'confirm'
  readonly sev3: 'evaluate'
  readonly sev4: 'fix-forward'
}

/**
 * Four levels that fit most web applications, with the stricter value wherever practice differs.
 *
 * | level | meaning | respond within | decision | told |
 * | --- | --- | --- | --- | --- |
 * | sev1 | all users cut off, or data lost | 5 min | machine where enabled, else a person | tech lead and CTO at once |
 * | sev2 | a critical function is down | 15 min | a person says yes | tech lead after 15 min |
 * | sev3 | marked slowness, a function hurts | 30 min | people weigh the evidence | tech lead after 30 min |
 * | sev4 | a minor function, cosmetics | 2 h | repaired in a release | nobody before the next working day |
 *
 * sev2 and sev3 become sev1 when the success criteria stay unmet for 30 minutes. An incident that no rule knows counts as sev2.
 */
export const standardSeverity: SeverityPolicy<StandardLevel, StandardDecisions, IncidentFacts> = defineSeverity({
  name: 'standard',
  order: ['sev1', 'sev2', 'sev3', 'sev4'],
  levels: {
    sev1: {
      meaning: 'All users are cut off, data is lost, or the system is broken into.',
      respondWithin: '5m',
      decision: 'auto-if-enabled',
      allow: ['flag-off', 'config', 'partial', 'full'],
      allowAfterApproval: ['infra', 'data-restore', 'fix-forward'],
      prefer: ['flag-off', 'full'],
      approvals: { roles: ['incident-commander', 'tech-lead'], breakGlass: true },
      escalate: [
        { to: 'on-call', after: '0s' },
        { to: 'tech-lead', after: '0s' },
        { to: 'cto', after: '0s' },
      ],
      page: 'critical',
      updateEvery: '5m',
      statusPage: 'required',
      statusPageImpact: 'critical',
      maintenance: 'offer',
    },
    sev2: {
      meaning: 'A critical function, such as signing in or paying, is down.',
      respondWithin: '15m',
      decision: 'confirm',
      allow: ['flag-off', 'config', 'partial', 'full', 'infra', 'data-restore', 'fix-forward'],
      prefer: ['flag-off', 'config', 'partial', 'full'],
      approvals: { roles: ['tech-lead'], breakGlass: true },
      escalate: [
        { to: 'on-call', after: '0s' },
        { to: 'tech-lead', after: '15m' },
      ],
      page: 'error',
      updateEvery: '5m',
      statusPage: 'if-external',
      statusPageImpact: 'major',
      maintenance: 'offer',
      promote: { to: 'sev1', after: '30m' },
    },
    sev3: {
      meaning: 'Marked slowness, or a function hurts without being down.',
      respondWithin: '30m',
      decision: 'evaluate',
      allow: ['flag-off', 'config', 'partial', 'full', 'fix-forward'],
      prefer: ['flag-off', 'config', 'fix-forward', 'partial'],
      approvals: { roles: ['tech-lead'] },
      escalate: [
        { to: 'team', after: '0s' },
        { to: 'tech-lead', after: '30m' },
      ],
      page: 'warning',
      statusPage: 'if-external',
      statusPageImpact: 'minor',
      maintenance: 'no',
      promote: { to: 'sev1', after: '30m' },
    },
    sev4: {
      meaning: 'A minor function or the looks are wrong.',
      respondWithin: '2h',
      decision: 'fix-forward',
      allow: ['fix-forward', 'flag-off', 'config'],
      approvals: { roles: ['tech-lead'] },
      page: 'info',
      statusPage: 'no',
      statusPageImpact: 'none',
      maintenance: 'no',
    },
  },
  facts: incidentFacts,
  classify: standardRules,
  fallback: 'sev2',
})
