import { during, fallback, forEach, named, onFailure, optional, route, sequence, together, when } from '../../src/plan/combinators.ts'
import { is } from '../../src/plan/conditions.ts'
import { gate, observe, require } from '../../src/plan/nodes.ts'
import { plan } from '../../src/plan/plan.ts'
import { check, query, step, tell } from './stub-steps.ts'

interface Named {
  readonly name?: string
  readonly [option: string]: unknown
}

const nameIn = (options: Named): string => String(Object.values(options)[0])

/** What the plans on the documentation pages are written with: steps of the usual kinds, without a backend. */
export const pageSteps = {
  during,
  fallback,
  forEach,
  gate,
  is,
  named,
  observe,
  onFailure,
  optional,
  plan,
  require,
  route,
  sequence,
  together,
  when,
  undoRollout: (options: Named, settings = {}) =>
    step('k8s.undo-rollout', nameIn(options), 'reversible', options, { layer: 'code' }, settings),
  setImage: (options: Named) => step('k8s.set-image', nameIn(options), 'reversible', options, { layer: 'code' }),
  rollbackRelease: (options: Named) => step('helm.rollback-release', nameIn(options), 'reversible', options, { layer: 'code' }),
  switchTraffic: (options: Named) => step('k8s.switch-traffic', nameIn(options), 'reversible', options, { layer: 'traffic' }),
  maintenance: (options: Named) =>
    step('k8s.maintenance', nameIn(options), 'reversible', options, { layer: 'traffic', stopsWriters: true }),
  stopServices: (options: Named) =>
    step('compose.stop', nameIn(options), 'reversible', options, { stopsWriters: true, fencing: 'lease-only' }),
  scaleDown: (options: Named) => step('k8s.scale-down', nameIn(options), 'reversible', options, { stopsWriters: true }),
  undoMigrations: (options: Named) => step('db-migrations.undo-migrations', nameIn(options), 'data-loss', options, { layer: 'schema' }),
  restoreBeside: (options: Named) => step('db-restore.restore-beside', nameIn(options), 'reversible', options),
  swapDatabase: (options: Named) => step('db-restore.swap', nameIn(options), 'data-loss', options, { layer: 'data' }),
  dropDatabase: (options: Named) => step('db-restore.drop', nameIn(options), 'point-of-no-return', options),
  runJob: (options: Named, settings = {}) => step('ci.run-job', nameIn(options), 'reversible', options, { idempotency: 'none' }, settings),
  health: (url: string) => check('checks.health', url),
  diskFree: (host: string) => check('checks.disk-free', host),
  slack: (options: Named) => tell('notify.slack', options),
  report: (options: Named) => tell('report.incident', options),
  schemaState: (options: Named) => query('db-migrations.state', nameIn(options), { differs: true as boolean, revision: '41' }),
} as const
