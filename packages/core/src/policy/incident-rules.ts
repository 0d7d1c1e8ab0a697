import { defaults } from './defaults.ts'
import type { IncidentFacts, StandardLevel } from './incident-facts.ts'
import type { ClassificationRule } from './severity-level.ts'

/** A rule over `IncidentFacts`. */
export type IncidentRule = ClassificationRule<StandardLevel, IncidentFacts>

/**
 * Lost data and a break-in: the worst level, and never for a machine. An earlier release does not bring data back, and it may have older
 * holes; evidence has to be kept before anything is replaced.
 */
export const rulesForPeople: readonly IncidentRule[] = [
  { name: 'data is lost', when: { test: 'is', fact: 'data', value: 'lost' }, level: 'sev1', needsPerson: true },
  { name: 'security compromise', when: { test: 'is', fact: 'securityCompromise', value: true }, level: 'sev1', needsPerson: true },
]

const cutOff: readonly IncidentRule[] = [
  { name: 'all users are cut off', when: { test: 'is', fact: 'impact', value: 'all-users' }, level: 'sev1' },
  { name: 'many users are cut off', when: { test: 'at-least', fact: 'usersAffectedShare', value: defaults.manyUsersFrom }, level: 'sev1' },
]

const critical: readonly IncidentRule[] = [
  {
    name: 'requests fail widely',
    when: { test: 'above', fact: 'errorRate', value: defaults.errorRate.automaticRollback.above },
    level: 'sev1',
  },
  { name: 'crash loop', when: { test: 'above', fact: 'restarts', value: defaults.restarts.more }, level: 'sev1' },
]

const high: readonly IncidentRule[] = [
  { name: 'data is suspect', when: { test: 'is', fact: 'data', value: 'suspected' }, level: 'sev2', needsPerson: true },
  { name: 'a critical function is down', when: { test: 'is', fact: 'impact', value: 'critical-function' }, level: 'sev2' },
  { name: 'many requests fail', when: { test: 'at-least', fact: 'errorRate', value: defaults.errorRate.evaluateFrom }, level: 'sev2' },
  { name: 'the connection pool is exhausted', when: { test: 'is', fact: 'connectionPoolExhausted', value: true }, level: 'sev2' },
]

const medium: readonly IncidentRule[] = [
  { name: 'marked slowness', when: { test: 'above', fact: 'p95Ms', value: defaults.p95.evaluateAboveMs }, level: 'sev3' },
  { name: 'degraded', when: { test: 'is', fact: 'impact', value: 'degraded' }, level: 'sev3' },
  {
    name: 'resources run out',
    when: {
      test: 'any',
      of: [
        { test: 'above', fact: 'cpuShare', value: defaults.resources.evaluateAbove },
        { test: 'above', fact: 'memoryShare', value: defaults.resources.evaluateAbove },
      ],
    },
    level: 'sev3',
  },
]

const low: readonly IncidentRule[] = [
  {
    name: 'minor',
    when: {
      test: 'any',
      of: [
        { test: 'is', fact: 'impact', value: 'minor' },
        { test: 'is', fact: 'impact', value: 'cosmetic' },
      ],
    },
    level: 'sev4',
  },
  { name: 'some requests fail', when: { test: 'at-least', fact: 'errorRate', value: defaults.errorRate.successBelow }, level: 'sev4' },
  { name: 'slower than it should be', when: { test: 'at-least', fact: 'p95Ms', value: defaults.p95.successBelowMs }, level: 'sev4' },
]

/** By what users notice and what is measured, the worst first. */
export const standardRules: readonly IncidentRule[] = [...rulesForPeople, ...cutOff, ...critical, ...high, ...medium, ...low]

/** Two levels only: a main function lost for many users, data or security at stake, and everything else that people notice. */
export const jointDecisionRules: readonly IncidentRule[] = [
  ...rulesForPeople,
  { name: 'data is suspect', when: { test: 'is', fact: 'data', value: 'suspected' }, level: 'sev1', needsPerson: true },
  ...cutOff,
  { name: 'severe slowness', when: { test: 'above', fact: 'p95Ms', value: defaults.p95.evaluateAboveMs }, level: 'sev2' },
]

/** By what a release pipeline sees after a release. */
export const pipelineRules: readonly IncidentRule[] = [
  ...rulesForPeople,
  ...cutOff,
  {
    name: 'health checks fail after the release',
    when: { test: 'at-least', fact: 'failedHealthChecks', value: defaults.health.consecutiveFailures },
    level: 'sev1',
  },
  { name: 'critical errors in logs', when: { test: 'is', fact: 'criticalLogErrors', value: true }, level: 'sev1' },
  { name: 'tests fail', when: { test: 'is', fact: 'testsFailed', value: true }, level: 'sev2' },
  { name: 'users report faults', when: { test: 'at-least', fact: 'userReports', value: 1 }, level: 'sev2' },
  { name: 'wrong version or configuration', when: { test: 'is', fact: 'wrongVersion', value: true }, level: 'sev2' },
]

/** A failed release may be undone by a machine; every other outage is a recovery and is left to people. */
export const deployGuardRules: readonly IncidentRule[] = [
  ...rulesForPeople,
  {
    name: 'health checks fail after the release',
    when: { test: 'at-least', fact: 'failedHealthChecks', value: defaults.health.consecutiveFailures },
    level: 'sev1',
  },
  { name: 'the rollout is stalled', when: { test: 'is', fact: 'rolloutStalled', value: true }, level: 'sev1' },
  ...cutOff.map((rule) => ({ ...rule, needsPerson: true })),
  ...critical.map((rule) => ({ ...rule, needsPerson: true })),
  ...high,
  ...medium,
  ...low,
]
