/** The level names of the policies in this package, the most severe first. */
export type StandardLevel = 'sev1' | 'sev2' | 'sev3' | 'sev4'

/** What the policies of this package can know about an incident. */
export type IncidentFacts = {
  /** What users notice. */
  readonly impact: readonly ['all-users', 'critical-function', 'degraded', 'minor', 'cosmetic']
  /** Share of users that are cut off from a main function, 0 to 1. */
  readonly usersAffectedShare: 'number'
  readonly data: readonly ['intact', 'suspected', 'lost']
  readonly securityCompromise: 'boolean'
  /** Share of requests that fail, 0 to 1. */
  readonly errorRate: 'number'
  /** 95th percentile of the response time in milliseconds. */
  readonly p95Ms: 'number'
  /** Sustained, as a share of the limit, 0 to 1. */
  readonly cpuShare: 'number'
  readonly memoryShare: 'number'
  readonly connectionPoolExhausted: 'boolean'
  /** Failures in a row. */
  readonly failedHealthChecks: 'number'
  /** Restarts of one container within the window of `defaults.restarts`. */
  readonly restarts: 'number'
  readonly rolloutStalled: 'boolean'
  /** End-to-end, integration or performance tests after the release. */
  readonly testsFailed: 'boolean'
  /** What runs is not what was released: another version or configuration. */
  readonly wrongVersion: 'boolean'
  readonly criticalLogErrors: 'boolean'
  readonly userReports: 'number'
}

/** The types of `IncidentFacts` as values. */
export const incidentFacts: IncidentFacts = {
  impact: ['all-users', 'critical-function', 'degraded', 'minor', 'cosmetic'],
  usersAffectedShare: 'number',
  data: ['intact', 'suspected', 'lost'],
  securityCompromise: 'boolean',
  errorRate: 'number',
  p95Ms: 'number',
  cpuShare: 'number',
  memoryShare: 'number',
  connectionPoolExhausted: 'boolean',
  failedHealthChecks: 'number',
  restarts: 'number',
  rolloutStalled: 'boolean',
  testsFailed: 'boolean',
  wrongVersion: 'boolean',
  criticalLogErrors: 'boolean',
  userReports: 'number',
}
