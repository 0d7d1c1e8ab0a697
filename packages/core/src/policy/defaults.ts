import type { Duration } from '../contract/json.ts'

/** Hours, minutes and shares are written as people say them: durations with their unit, shares from 0 to 1, times in the unit of the name. */
export interface PolicyDefaults {
  /** Container restarts that count as a crash loop: more than `more` within `within`, as an increase since a baseline, never as a total. */
  readonly restarts: { readonly more: number; readonly within: Duration }
  /** Share of requests that fail. */
  readonly errorRate: {
    /** A person is alerted: above the share for the whole time. */
    readonly alert: { readonly above: number; readonly for: Duration }
    /** A machine may go back: above the share for the whole time. */
    readonly automaticRollback: { readonly above: number; readonly for: Duration }
    /** Going back is weighed from here on. */
    readonly evaluateFrom: number
    /** Below: good. */
    readonly successBelow: number
  }
  /** 95th percentile of the response time. */
  readonly p95: {
    readonly alert: { readonly aboveMs: number; readonly for: Duration }
    readonly evaluateAboveMs: number
    readonly successBelowMs: number
  }
  /** CPU and memory as a share of the limit. `sustainedFor` gives "sustained" a length. */
  readonly resources: {
    readonly evaluateAbove: number
    readonly sustainedFor: Duration
    readonly cpuSuccessBelow: number
    readonly memorySuccessBelow: number
  }
  /** Error lines that still count as clean: fewer than `fewer` within `within`, and none that is critical. */
  readonly logErrors: { readonly fewer: number; readonly within: Duration }
  /** Share of users behind the words "many users". */
  readonly manyUsersFrom: number
  readonly health: {
    /** Failures in a row before a check counts as failed. */
    readonly consecutiveFailures: number
    readonly livenessTimeout: Duration
    readonly readinessTimeout: Duration
    /** Must be longer than the slowest cold start. */
    readonly startupTimeout: Duration
  }
  readonly rollout: {
    readonly maxSurge: number
    readonly maxUnavailable: number
    readonly minReady: Duration
    /** After that a rollout without progress counts as stalled. Kubernetes only sets a condition: it undoes nothing. */
    readonly progressDeadline: Duration
    readonly waitTimeout: Duration
    readonly helmTimeout: Duration
  }
  readonly observe: {
    /** Unbroken healthy time before a rollback counts as done. */
    readonly for: Duration
    /** No plan should ask for less. */
    readonly forAtLeast: Duration
    /** Not reached by then: the incident is promoted. */
    readonly deadline: Duration
  }
  /** One procedure from the call to the last look, phase by phase. */
  readonly stepClock: Readonly<Record<'declare' | 'identify' | 'execute' | 'verify' | 'monitor', Duration>>
  /** The checks after a rollback, group by group. */
  readonly checkClock: Readonly<Record<'infrastructure' | 'application' | 'business' | 'performance' | 'monitoring', Duration>>
  /** What each way back usually takes, from the quickest to the slowest run. For people and time budgets, never a time-out. */
  readonly expectedDuration: Readonly<
    Record<
      | 'rollout-undo'
      | 'helm-rollback'
      | 'helm-upgrade'
      | 'one-service'
      | 'configuration'
      | 'point-in-time-restore'
      | 'terraform'
      | 'everything'
      | 'single-host-full'
      | 'single-host-partial'
      | 'single-host-fix-forward',
      { readonly from: Duration; readonly to: Duration }
    >
  >
  readonly backups: {
    /** Older than this does not count before a change of data. */
    readonly maxAge: Duration
    /** What providers of point-in-time restore offer. */
    readonly restoreWindow: { readonly from: Duration; readonly to: Duration }
    /** How long a replaced database is kept; deleting it is an approved plan of its own. */
    readonly keepReplaced: Duration
  }
  /** A small load that shows whether the service stands. */
  readonly load: { readonly users: number; readonly startedPerSecond: number; readonly for: Duration; readonly p95BelowMs: number }
  readonly updateEvery: Duration
  readonly postmortemWithin: Duration
  /** A repair that is tried first is given up after this. */
  readonly fixForwardWithin: Duration
  /** What a team aims at over a quarter. */
  readonly targets: {
    /** Mean time from detection to verified healthy. */
    readonly timeToRestoreBelow: Duration
    readonly successRateAbove: number
    readonly rollbacksBelow: number
    readonly incidentsWithDataLoss: number
    /** Things that a person has to do by hand in one rollback. */
    readonly manualStepsBelow: number
  }
  /** Shares of the traffic, stage by stage. */
  readonly canary: { readonly single: readonly number[]; readonly staged: readonly number[] }
}

/**
 * The numbers that policies, criteria and triggers start from. They are starting points for one web application with a database, not
 * measurements of yours: override what you have measured. Counts of replicas and services are missing on purpose; they come from the
 * release, never from a constant.
 */
export const defaults: PolicyDefaults = {
  restarts: { more: 2, within: '5m' },
  errorRate: {
    alert: { above: 0.05, for: '3m' },
    automaticRollback: { above: 0.1, for: '5m' },
    evaluateFrom: 0.05,
    successBelow: 0.01,
  },
  p95: { alert: { aboveMs: 2000, for: '5m' }, evaluateAboveMs: 2000, successBelowMs: 500 },
  resources: { evaluateAbove: 0.95, sustainedFor: '5m', cpuSuccessBelow: 0.7, memorySuccessBelow: 0.8 },
  logErrors: { fewer: 5, within: '10m' },
  manyUsersFrom: 0.5,
  health: { consecutiveFailures: 3, livenessTimeout: '30s', readinessTimeout: '5s', startupTimeout: '40s' },
  rollout: { maxSurge: 1, maxUnavailable: 0, minReady: '30s', progressDeadline: '600s', waitTimeout: '300s', helmTimeout: '10m' },
  observe: { for: '15m', forAtLeast: '5m', deadline: '30m' },
  stepClock: { declare: '2m', identify: '3m', execute: '3m', verify: '4m', monitor: '48m' },
  checkClock: { infrastructure: '5m', application: '10m', business: '15m', performance: '10m', monitoring: '15m' },
  expectedDuration: {
    'rollout-undo': { from: '0s', to: '1m' },
    'helm-rollback': { from: '2m', to: '5m' },
    'helm-upgrade': { from: '5m', to: '5m' },
    'one-service': { from: '3m', to: '3m' },
    configuration: { from: '2m', to: '2m' },
    'point-in-time-restore': { from: '10m', to: '30m' },
    terraform: { from: '15m', to: '20m' },
    everything: { from: '20m', to: '40m' },
    'single-host-full': { from: '5m', to: '10m' },
    'single-host-partial': { from: '10m', to: '20m' },
    'single-host-fix-forward': { from: '30m', to: '60m' },
  },
  backups: { maxAge: '1h', restoreWindow: { from: '7d', to: '35d' }, keepReplaced: '48h' },
  load: { users: 10, startedPerSecond: 2, for: '3m', p95BelowMs: 500 },
  updateEvery: '5m',
  postmortemWithin: '48h',
  fixForwardWithin: '1h',
  targets: { timeToRestoreBelow: '30m', successRateAbove: 0.95, rollbacksBelow: 3, incidentsWithDataLoss: 0, manualStepsBelow: 8 },
  canary: { single: [0.1], staged: [0.1, 0.5, 1] },
}
