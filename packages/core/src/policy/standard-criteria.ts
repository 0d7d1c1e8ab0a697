import { defaults } from './defaults.ts'
import { defineCriteria, type Criteria, type Criterion } from './criteria.ts'

/** When a rollback counts as done, by default. */
export type SuccessCriterion =
  | 'pods-ready'
  | 'no-restarts'
  | 'health-up'
  | 'error-rate'
  | 'response-time'
  | 'critical-tests'
  | 'no-alerts'
  | 'no-critical-logs'
  | 'running-target'
  | 'stakeholder-confirmed'

/**
 * Identity and health, for an unbroken 15 minutes where a value can swing. Somebody's confirmation is asked for and not required; a clear
 * no fails.
 */
export const successCriteria: Criteria<SuccessCriterion> = defineCriteria({
  name: 'success',
  title: 'The rollback is done',
  groups: [
    {
      name: 'identity',
      title: 'What runs is the target',
      criteria: [
        { id: 'running-target', title: 'The running image digest or revision is the target', target: { target: 'is', value: true } },
      ],
    },
    {
      name: 'health',
      title: 'It works',
      criteria: [
        { id: 'pods-ready', title: 'Every instance is ready', target: { target: 'is', value: true } },
        { id: 'no-restarts', title: 'Restarts since the rollback', target: { target: 'none' } },
        { id: 'health-up', title: 'Health of every instance', target: { target: 'is', value: 'UP' }, for: defaults.observe.for },
        {
          id: 'error-rate',
          title: 'Share of failing requests',
          target: { target: 'below', value: defaults.errorRate.successBelow, unit: 'share' },
          for: defaults.observe.for,
        },
        {
          id: 'response-time',
          title: 'Response time p95',
          target: { target: 'below', value: defaults.p95.successBelowMs, unit: 'ms' },
          for: defaults.observe.for,
        },
        { id: 'critical-tests', title: 'Share of critical tests that pass', target: { target: 'at-least', value: 1, unit: 'share' } },
        { id: 'no-alerts', title: 'Active alerts of severity high or worse', target: { target: 'none' } },
        { id: 'no-critical-logs', title: 'Critical log lines since the rollback', target: { target: 'none' } },
      ],
    },
    {
      name: 'people',
      title: 'People agree',
      criteria: [
        {
          id: 'stakeholder-confirmed',
          title: 'A stakeholder confirms',
          target: { target: 'confirmed', role: 'stakeholder' },
          optional: true,
        },
      ],
    },
  ],
})

/** The criteria that a runbook may add to `successCriteria`, group by group. */
export type RunbookGroup = 'infrastructure' | 'database' | 'api' | 'security' | 'observability' | 'functional' | 'performance'

const yes = { target: 'is', value: true } as const

const infrastructure: readonly Criterion[] = [
  { id: 'workloads-ready', title: 'Every workload is up and ready', target: yes },
  { id: 'no-crash-loop', title: 'Restarts of containers', target: { target: 'none' }, for: defaults.restarts.within },
  { id: 'endpoints', title: 'Every service has endpoints', target: yes },
  { id: 'ingress-address', title: 'The ingress has an address', target: yes },
  { id: 'nodes-without-pressure', title: 'Nodes under pressure', target: { target: 'none' } },
]

const database: readonly Criterion[] = [
  { id: 'database-connects', title: 'The database takes connections', target: yes },
  { id: 'schema-revision', title: 'The schema is at the expected revision', target: yes },
  { id: 'key-tables-filled', title: 'Key tables that are empty', target: { target: 'none' } },
  { id: 'row-counts', title: 'Row counts outside of their tolerance', target: { target: 'none' } },
]

const api: readonly Criterion[] = [
  { id: 'api-health', title: 'The health endpoint answers', target: { target: 'is', value: 200 } },
  {
    id: 'main-endpoint',
    title: 'The main endpoint answers with a status that shows it is alive',
    target: { target: 'one-of', values: [200, 404, 422] },
  },
  { id: 'webhooks-verify', title: 'Webhook endpoints answer their verification', target: yes },
]

const security: readonly Criterion[] = [
  { id: 'tls-valid', title: 'The TLS certificate is valid', target: yes },
  { id: 'security-headers', title: 'Security headers that are missing', target: { target: 'none' } },
  { id: 'private-ports-closed', title: 'Database and cache ports that are open from outside', target: { target: 'none' } },
]

const observability: readonly Criterion[] = [
  { id: 'metrics-reachable', title: 'The metrics endpoint answers', target: yes },
  { id: 'logs-flow', title: 'Logs arrive, with fresh time stamps', target: yes },
  { id: 'monitoring-healthy', title: 'Monitoring itself is healthy', target: yes },
]

const functional: readonly Criterion[] = [
  { id: 'journey-login', title: 'Signing in', target: { target: 'one-of', values: [200, 201] } },
  { id: 'journey-list', title: 'Reading a list', target: { target: 'is', value: 200 } },
  { id: 'journey-create', title: 'Creating an order or booking, removed again afterwards', target: { target: 'is', value: 201 } },
  { id: 'journey-pay', title: 'Paying with a test payment method', target: { target: 'is', value: 200 } },
  { id: 'integrations', title: 'Integrations that do not answer', target: { target: 'none' } },
]

const performance: readonly Criterion[] = [
  {
    id: 'load-p95',
    title: 'Response time p95 under a small load',
    target: { target: 'below', value: defaults.load.p95BelowMs, unit: 'ms' },
    for: defaults.load.for,
  },
  { id: 'cpu', title: 'CPU, of its limit', target: { target: 'below', value: defaults.resources.cpuSuccessBelow, unit: 'share' } },
  { id: 'memory', title: 'Memory, of its limit', target: { target: 'below', value: defaults.resources.memorySuccessBelow, unit: 'share' } },
  { id: 'throughput', title: 'Throughput is within its tolerance of the baseline', target: yes },
]

/** See `RunbookGroup`. Put the ones that fit into `defineCriteria({ groups: [...] })`. */
export const runbookGroups: Readonly<
  Record<RunbookGroup, { readonly name: RunbookGroup; readonly title: string; readonly criteria: readonly Criterion[] }>
> = {
  infrastructure: { name: 'infrastructure', title: 'Infrastructure', criteria: infrastructure },
  database: { name: 'database', title: 'Database', criteria: database },
  api: { name: 'api', title: 'API', criteria: api },
  security: { name: 'security', title: 'Security', criteria: security },
  observability: { name: 'observability', title: 'Observability', criteria: observability },
  functional: { name: 'functional', title: 'Functions', criteria: functional },
  performance: { name: 'performance', title: 'Performance', criteria: performance },
}
