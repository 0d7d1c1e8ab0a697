import { secret } from '../../src/contract/secret.ts'
import { during, fallback, route, sequence, together, when } from '../../src/plan/combinators.ts'
import { is } from '../../src/plan/conditions.ts'
import { gate, observe, require } from '../../src/plan/nodes.ts'
import { plan } from '../../src/plan/plan.ts'
import type { Preview } from '../../src/preview/preview.ts'
import { check, query, step } from '../lint/stub-steps.ts'
import { at, previewOf } from './sample-previews.ts'

/** Data, schema and code, with a loss, a point of no return, a late step, a fallback and branches. */
export async function hazardousPreview(): Promise<Preview> {
  const state = query('db.state', 'orders', { differs: true, target: '41', corrupt: false as boolean })
  const beside = step('db-restore.restore-beside', 'orders', 'reversible', { backup: 's3/orders/0400.dump' })
  const which = gate.decision({
    name: 'coupons',
    role: 'product-owner',
    options: ['keep', 'restore'],
    timeBox: '10m',
    onTimeout: 'escalate',
  })
  return previewOf(
    plan({
      name: 'shop release 2026.11.1',
      summary: 'Orders and checkout run as on Friday.',
      severity: { level: 'sev1', decision: 'confirm' },
      onFailure: 'halt',
      steps: sequence(
        require(check('checks.backup-fresh', 's3/orders')),
        gate.approval({ name: 'data', roles: ['dba', 'product-owner'], quorum: 'all' }),
        during(
          step('k8s.maintenance', 'prod/shop/gateway', 'reversible', {}, { stopsWriters: true, layer: 'traffic' }),
          sequence(
            when(
              is(state.output.differs, true),
              step(
                'db-migrations.undo-migrations',
                'orders',
                'data-loss',
                { to: state.output.target, url: secret('ORDERS_URL') },
                { layer: 'schema' },
              ),
            ),
            when(is(state.output.corrupt, true), step('db-restore.swap', 'orders', 'data-loss', {}, { layer: 'data' })),
            which,
            route(which.output.answer, {
              keep: sequence(),
              restore: sequence(
                beside,
                step('db-restore.copy-table', 'orders/coupons', 'data-loss', { from: beside.output.result }, { layer: 'data' }),
              ),
            }),
            fallback(
              step('helm.rollback-release', 'prod/shop', 'reversible', { toRevision: 7 }, { layer: 'code' }),
              step('helm.upgrade-release', 'prod/shop', 'reversible', { ref: 'c0ffee0' }, { layer: 'code' }),
            ),
            together(
              step('k8s.restore-config', 'prod/shop/settings', 'reversible'),
              step('k8s.restore-config', 'prod/shop/flags', 'reversible'),
            ),
          ),
        ),
        observe({ name: 'shop', checks: [check('checks.health', 'https://shop/health')], for: '15m', deadline: '30m' }),
        step('queue.purge', 'shop/outbox', 'point-of-no-return'),
        observe({ name: 'outbox', checks: [check('checks.queue', 'shop/outbox')], for: '5m', deadline: '15m' }),
      ),
    }),
    {
      'k8s.maintenance@prod/shop/gateway': {
        preparation: {
          summary: 'Answer every request to shop/gateway with the maintenance page',
          changes: [
            { resource: 'networking/Ingress/shop/gateway', action: 'update', before: 'backend web:80', after: 'backend maintenance:80' },
          ],
          risk: ['reversible'],
          estimate: { duration: '4s', downtime: '6m' },
          undo: { risk: 'reversible', estimate: { duration: '4s' } },
        },
      },
      'db-migrations.undo-migrations@orders': {
        preparation: {
          summary: 'Take database orders from schema 43 back to schema 41',
          changes: [
            {
              resource: 'postgres/orders/public',
              action: 'update',
              before: 'schema 43',
              after: 'schema 41 (fingerprint 0c44be12)',
              fields: [
                {
                  path: 'script',
                  after:
                    "alter table orders drop column discount_code;\nalter table orders\n  drop column gift_note;\ndelete from flyway_schema_history where version in ('42', '43');",
                },
              ],
              dataLoss: {
                what: 'discount codes entered since the release',
                from: '2026-11-22T04:30:00Z',
                rows: 1204,
                rowsAtMost: 1500,
                keptIn: 'orders.backstep_2dec69dd',
              },
            },
            {
              resource: 'postgres/orders/public.gift_note',
              action: 'delete',
              before: '812 rows',
              dataLoss: { what: 'gift notes', from: '2026-11-22T04:30:00Z', to: '2026-11-23T03:00:00Z', rows: 812, rowsAtMost: 900 },
            },
          ],
          guards: [{ resource: 'postgres/orders', property: 'newest rank', equals: '57' }],
          risk: ['data-loss'],
          estimate: { duration: '12s', downtime: '2s' },
          undo: { risk: 'data-loss', loses: 'orders written since the schema went back', estimate: { duration: '29s', downtime: '28s' } },
        },
      },
      'db-restore.swap@orders': { state: 'not-taken', risk: [] },
      'db-restore.restore-beside@orders': {
        state: 'ready',
        preparation: {
          summary: 'Restore s3/orders/0400.dump beside orders',
          changes: [{ resource: 'postgres/orders_0400', action: 'create', after: '48 tables' }],
          risk: ['reversible'],
        },
      },
      'db-restore.copy-table@orders/coupons': { state: 'late', waitsFor: ['db-restore.restore-beside@orders.result'] },
      'helm.rollback-release@prod/shop': {
        preparation: {
          summary: 'Return release shop to revision 7',
          changes: [{ resource: 'helm/prod/shop', action: 'update', before: 'revision 8', after: 'revision 7' }],
          risk: ['reversible'],
          estimate: { duration: '3m' },
          findings: [
            {
              level: 'warning',
              code: 'helm.hooks',
              message: 'the chart runs 2 hooks on rollback',
              hint: 'Read what they do: they are not undone.',
            },
          ],
        },
      },
      'helm.upgrade-release@prod/shop': {
        state: 'alternative',
        preparation: {
          summary: 'Upgrade release shop to the chart of commit c0ffee0',
          changes: [{ resource: 'helm/prod/shop', action: 'update', before: 'revision 8', after: 'revision 9 (chart c0ffee0)' }],
          risk: ['reversible'],
          estimate: { duration: '5m' },
        },
      },
      'k8s.restore-config@prod/shop/settings': {
        preparation: {
          summary: 'Put back ConfigMap shop/settings',
          changes: [
            {
              resource: 'v1/Secret/shop/settings',
              action: 'update',
              fields: [{ path: 'data.PAYMENT_KEY' }, { path: 'data.MODE', before: 'beta', after: 'stable' }],
            },
          ],
          risk: ['reversible'],
          estimate: { duration: '1s' },
        },
      },
      'k8s.restore-config@prod/shop/flags': { state: 'unchanged', risk: [], summary: 'ConfigMap shop/flags is as it was' },
      'queue.purge@shop/outbox': {
        preparation: {
          summary: 'Delete every message in shop/outbox',
          changes: [
            {
              resource: 'amqp/shop/outbox',
              action: 'delete',
              before: '31 messages',
              dataLoss: { what: 'messages that were not sent yet', rows: 31, rowsAtMost: 100 },
            },
          ],
          risk: ['point-of-no-return'],
          estimate: { duration: '1s' },
        },
      },
    },
    [{ id: 'require checks.backup-fresh@s3/orders', status: 'healthy', evidence: [{ what: 'age', value: '41 min', source: 's3', at }] }],
  )
}
