import type { Plan } from '../../src/contract/nodes.ts'
import { secret } from '../../src/contract/secret.ts'
import { during, fallback, forEach, route, sequence, together, when } from '../../src/plan/combinators.ts'
import { includes, is } from '../../src/plan/conditions.ts'
import { gate, observe, require } from '../../src/plan/nodes.ts'
import { plan } from '../../src/plan/plan.ts'
import { check, query, step, tell } from './stub-steps.ts'

const digest = `shop/api@sha256:${'ab'.repeat(32)}`
const health = (name: string) => [check('checks.health', name), check('checks.error-rate', name)]
const steady = (name: string, time: '5m' | '15m' = '15m') => observe({ name, checks: health(name), for: time, deadline: '30m' })

/** A rollout goes back on one cluster, decided by two people. */
export function undoOnKubernetes(): Plan {
  const good = query('k8s.history', 'prod/shop/users', { revision: 41 })
  return plan({
    name: 'k8s-undo',
    severity: { level: 'sev1', decision: 'confirm' },
    steps: sequence(
      good,
      require(check('checks.context', 'prod'), check('checks.history-depth', 'users')),
      step('release.preserve-evidence', 'users', 'none', { images: [digest] }),
      gate.approval({ name: 'go', roles: ['tech-lead', 'product-owner'], quorum: 'all', expires: '15m', breakGlass: true }),
      together(
        tell('notify.slack', { channel: '#incidents', template: 'rollback.decided' }),
        tell('notify.status-page', { state: 'identified' }),
      ),
      step('k8s.undo-rollout', 'prod/shop/users', 'reversible', { toRevision: good.output.revision }, { layer: 'code' }),
      steady('users'),
      gate.manualCheck({ name: 'quality', role: 'qa', checklist: ['login', 'order'], timeout: '30m' }),
      tell('notify.status-page', { page: 'shop', state: 'resolved' }),
    ),
    always: [tell('report.incident', { id: 'PROD-2026-11-23-001' })],
  })
}

/** Several services go back behind a maintenance page, or somebody decides otherwise. */
export function shopWithPipeline(): Plan {
  const target = query('release.resolve', 'ecommerce', { commit: 'c0ffee0', images: [digest] })
  const decision = gate.decision({
    name: 'what to do',
    role: 'team',
    options: ['rollback', 'fix-forward', 'wait'],
    timeBox: '5m',
    onTimeout: 'escalate',
  })
  const rollback = sequence(
    during(
      step('k8s.maintenance', 'prod/ecommerce/gateway', 'reversible', {}, { layer: 'traffic', stopsWriters: true }),
      sequence(
        tell('notify.slack', { template: 'maintenance.started' }),
        step(
          'k8s.apply-manifests',
          'prod/ecommerce/k8s',
          'reversible',
          { ref: target.output.commit, images: target.output.images },
          { layer: 'code' },
        ),
        observe({ name: 'inside', checks: health('inside'), deadline: '10m' }),
      ),
    ),
    steady('outside'),
    tell('notify.slack', { template: 'incident.resolved' }),
  )
  return plan({
    name: 'ecommerce-jenkins',
    severity: { level: 'sev2', decision: 'confirm' },
    onFailure: 'compensate',
    steps: sequence(
      target,
      decision,
      require(check('checks.image-exists', 'images', { images: target.output.images })),
      route(decision.output.answer, { rollback, 'fix-forward': tell('report.fix-forward', { ticket: 'SHOP-1' }), wait: sequence() }),
    ),
    always: [tell('report.incident', { id: 'PROD-2026-11-23-002' })],
  })
}

/** Data, schema, infrastructure, configuration and application, as far as each is affected. */
export function shopOnAzure(): Plan {
  const known = query('release.resolve', 'ecommerce', { tag: 'v1.4.2', commit: 'c0ffee0' })
  const revision = query('helm.history', 'prod/ecommerce-app', { revision: 7 })
  const affected = query('ecommerce.affected', 'ecommerce', { parts: ['app', 'schema'] })
  const { parts } = affected.output
  const restored = step('azure-restore.restore-postgres-server', 'shop-pg', 'reversible', { at: '2026-11-22T04:29:59Z' })
  const data = plan({
    name: 'data',
    onFailure: 'compensate',
    steps: sequence(
      restored,
      require(check('checks.sql', 'shop-pg-restored', { host: restored.output.result })),
      gate.approval({ name: 'lost writes', roles: ['dba', 'product-owner'], quorum: 'all' }),
      during(
        step('k8s.scale-down', 'prod/app=ecommerce', 'reversible', {}, { stopsWriters: true }),
        step('k8s.patch-secret', 'prod/db-connection', 'data-loss', { value: restored.output.result }, { layer: 'data' }),
      ),
      observe({ name: 'journeys', checks: health('journeys'), deadline: '15m' }),
    ),
  })
  const app = plan({
    name: 'app',
    steps: sequence(
      fallback(
        step('helm.rollback-release', 'prod/ecommerce-app', 'reversible', { toRevision: revision.output.revision }, { layer: 'code' }),
        step('helm.upgrade-release', 'prod/ecommerce-app', 'reversible', { ref: known.output.commit }, { layer: 'code' }),
      ),
      observe({ name: 'app', checks: health('app'), deadline: '10m' }),
    ),
  })
  return plan({
    name: 'ecommerce-aks',
    severity: { level: 'sev2', decision: 'confirm' },
    steps: sequence(
      require(check('checks.context', 'prod-aks')),
      step('release.preserve-evidence', 'ecommerce', 'none'),
      gate.approval({ name: 'go', roles: ['tech-lead'], breakGlass: true }),
      tell('notify.slack', { template: 'incident.ongoing' }),
      during(
        step('k8s.maintenance', 'prod/gateway', 'reversible', {}, { layer: 'traffic', stopsWriters: true }),
        sequence(
          when(includes(parts, 'data'), data),
          when(
            includes(parts, 'schema'),
            step(
              'db-migrations.liquibase-rollback',
              'ecommerce',
              'data-loss',
              { toTag: known.output.tag, url: secret('DB_URL') },
              { layer: 'schema' },
            ),
          ),
          when(includes(parts, 'infra'), step('terraform.apply-at-ref', 'prod/terraform', 'reversible', { ref: known.output.commit })),
          when(includes(parts, 'config'), step('k8s.restore-config', 'prod/app-config', 'reversible', { ref: known.output.commit })),
          when(includes(parts, 'app'), app),
        ),
      ),
      steady('all'),
      gate.manualCheck({ name: 'stakeholders', role: 'stakeholder', checklist: ['orders', 'payments'], timeout: '1h' }),
      tell('notify.email', { to: 'stakeholders', template: 'incident.resolved' }),
    ),
    always: [tell('report.incident', { id: 'PROD-2026-11-23-003' })],
  })
}

/** One host: the schema goes back with the failed image, then the services with the target images. */
export function bookingsOnCompose(): Plan {
  const target = query('release.resolve', 'bookings', { images: [digest] })
  const schema = query('db-migrations.alembic-state', 'bookings', { differs: true, targetRevision: '9f3a11' })
  const failed = query('compose.running', 'prod-1/bookings', { api: digest })
  return plan({
    name: 'bookings-full',
    severity: { level: 'sev1', decision: 'confirm' },
    steps: sequence(
      require(check('checks.backup-fresh', 'backups/'), check('checks.disk', 'prod-1')),
      step('ci.cancel-deploy', 'deploy', 'none'),
      step('compose.pull', 'prod-1/bookings', 'none', { images: target.output.images }),
      step('db-restore.dump-postgres', 'bookings', 'none', { to: 'backups/' }),
      when(is(schema.output.differs, true), gate.approval({ name: 'schema', roles: ['dba', 'backend-lead'], quorum: 'all' })),
      gate.approval({ name: 'go', roles: ['incident-commander'] }),
      during(
        step('compose.stop', 'prod-1/bookings/api+workers', 'reversible', {}, { stopsWriters: true, fencing: 'lease-only' }),
        sequence(
          when(
            is(schema.output.differs, true),
            step(
              'db-migrations.alembic-downgrade',
              'bookings',
              'data-loss',
              { to: schema.output.targetRevision, image: failed.output.api },
              { layer: 'schema' },
            ),
          ),
          step(
            'compose.restore-environment',
            'prod-1/bookings',
            'reversible',
            { snapshot: 'before-deploy-1422' },
            { fencing: 'lease-only' },
          ),
        ),
      ),
      step(
        'compose.redeploy',
        'prod-1/bookings/api+workers',
        'reversible',
        { images: target.output.images },
        { layer: 'code', fencing: 'lease-only' },
      ),
      steady('after', '5m'),
      tell('notify.slack', { channel: '#ops', template: 'rollback.completed' }),
    ),
    always: [tell('report.incident', { id: 'ALO-2026-11-23-001' })],
  })
}

/** Traffic back to the other colour, a corrupt database from a backup, or lost workloads deployed again. */
export function trackerRecovery(): Plan {
  const colour = query('k8s.live-colour', 'porttrack', { idle: 'blue' })
  const names = query('k8s.workloads', 'porttrack', { names: ['api', 'web'] })
  const diagnosis = gate.decision({
    name: 'diagnosis',
    role: 'on-call',
    options: ['release', 'corrupt', 'cluster'],
    timeBox: '10m',
    onTimeout: 'escalate',
  })
  const side = step('db-restore.restore-postgres-beside', 'porttrack', 'reversible', { backup: 's3/porttrack/dump-0400' })
  return plan({
    name: 'porttrack',
    onFailure: 'compensate',
    steps: sequence(
      require(check('checks.permissions', 'prod')),
      diagnosis,
      route(diagnosis.output.answer, {
        release: sequence(
          require(check('checks.pods-ready', 'porttrack')),
          step('k8s.switch-traffic', 'prod/porttrack', 'reversible', { to: colour.output.idle }, { layer: 'traffic' }),
          steady('switched', '5m'),
        ),
        corrupt: sequence(
          side,
          require(check('checks.sql', 'porttrack', { database: side.output.result })),
          gate.approval({ name: 'swap', roles: ['dba'] }),
          during(
            step('k8s.scale-down', 'prod/app=porttrack', 'reversible', {}, { stopsWriters: true }),
            step('db-restore.swap-postgres', 'porttrack', 'data-loss', { side: side.output.result }, { layer: 'data' }),
          ),
          steady('database', '5m'),
        ),
        cluster: sequence(
          forEach(names.output.names, (name) =>
            step('k8s.ensure-deployed', `prod/${name}`, 'reversible', { ref: 'c0ffee0' }, { layer: 'code' }),
          ),
          during(
            step('k8s.cordon', 'prod/node-3', 'reversible'),
            step('k8s.drain-node', 'prod/node-3', 'reversible', { emptyDir: 'refuse' }),
          ),
          steady('cluster', '5m'),
        ),
      }),
      tell('notify.pager-duty', { service: 'porttrack', action: 'resolve' }),
    ),
    always: [tell('report.incident', { id: 'PT-1' })],
  })
}
