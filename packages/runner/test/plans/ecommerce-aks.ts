import {
  automatic,
  type AutomaticTrigger,
  defineQuery,
  during,
  fallback,
  gate,
  includes,
  is,
  observe,
  plan,
  planTemplate,
  require,
  secret,
  sequence,
  when,
} from '@backstep/core'
import * as z from 'zod'
import * as azure from './adapters/azure.ts'
import * as checks from './adapters/checks.ts'
import * as helm from './adapters/helm.ts'
import * as k8s from './adapters/k8s.ts'
import * as migrations from './adapters/migrations.ts'
import * as notify from './adapters/notify.ts'
import * as release from './adapters/release.ts'
import * as report from './adapters/report.ts'
import * as terraform from './adapters/terraform.ts'

const place = { cluster: 'prod-aks', namespace: 'prod' }
const app = { ...place, release: 'ecommerce-app' }
const badSince = '2026-11-22T04:30:00Z'

/** What to go back to. Three sources have to agree. */
const target = {
  release: release.resolve({
    name: 'ecommerce',
    repository: 'shop/ecommerce',
    strategy: { deployedBefore: badSince },
    agree: ['github', 'helm', 'running'],
  }),
  helm: helm.history({ ...app, deployedBefore: badSince }),
}
const { commit, images, tag } = target.release.output

const healthy = (name: string) =>
  observe({
    name,
    for: '15m',
    deadline: '30m',
    checks: [
      checks.podsReady({ namespace: 'prod' }),
      checks.runningImages({ name: 'ecommerce', images }),
      checks.errorRate({ name: 'ecommerce', below: 0.01 }),
      checks.latency({ name: 'ecommerce', p95BelowMs: 500 }),
    ],
  })

/** The application alone: all that a machine may start. */
const applicationOnly = () =>
  plan({
    name: 'app',
    steps: sequence(
      fallback(
        helm.rollbackRelease({ ...app, toDigest: target.helm.output.digest }),
        helm.upgradeRelease({ ...app, commit, values: ['image-tags-prod.yaml'] }),
      ),
      healthy('app'),
    ),
  })

const configuration = () =>
  plan({
    name: 'config',
    steps: sequence(
      k8s.restoreConfig({ ...place, configMap: 'app-config', commit }),
      azure.promoteSecretVersion({ vault: 'shop-kv', secret: 'payment-key', version: '3f1c' }),
      k8s.restart({ ...place, selector: 'app=ecommerce' }),
    ),
  })

const infrastructure = () =>
  plan({
    name: 'infra',
    steps: terraform.applyAtCommit({
      workspace: 'prod',
      directory: 'terraform',
      commit,
      maxDestroy: 0,
      forbidReplace: ['azurerm_postgresql_flexible_server'],
    }),
  })

/** The server is restored beside the live one; the application is pointed to it while nobody writes. */
const data = () => {
  const point = azure.restorePoint({ server: 'shop-pg', before: badSince })
  const restored = azure.restorePostgresServer({ server: 'shop-pg', at: point.output.at, as: 'shop-pg-restored' })
  return plan({
    name: 'data',
    onFailure: 'compensate',
    steps: sequence(
      restored,
      require(checks.sql({ name: 'shop-pg-restored', database: restored.output.host, expect: 'users within 1 %' })),
      gate.approval({ name: 'lost writes', roles: ['dba', 'product-owner'], quorum: 'all' }),
      during(
        k8s.scaleDown({ ...place, selector: 'app=ecommerce' }),
        k8s.patchSecret({ ...place, secret: 'db-connection', key: 'host', value: restored.output.host }),
      ),
      observe({
        name: 'journeys',
        checks: [checks.journey({ name: 'log in' }), checks.journey({ name: 'order' })],
        deadline: '15m',
      }),
    ),
  })
}

const blobs = () => {
  const trash = azure.softDelete({ container: 'uploads' })
  const where = { container: 'uploads', prefix: 'invoices' }
  return when(
    is(trash.output.isOn, true),
    azure.undeleteBlobs({ ...where, deletedSince: badSince }),
    azure.copyBlobs({ ...where, from: 'uploads-backup' }),
  )
}

const affectedParts = defineQuery({
  kind: 'ecommerce.affected-parts',
  options: z.strictObject({ release: z.string() }),
  result: z.object({ parts: z.array(z.enum(['app', 'config', 'infra', 'schema', 'data', 'blobs'])) }),
  target: () => ({ system: 'ecommerce', name: 'ecommerce' }),
  read: async () => ({ parts: ['app', 'config', 'schema'] }),
})

/** Everything that the failed release touched goes back: data and schema first, then configuration, then the application. */
export default planTemplate({
  name: 'ecommerce-aks',
  input: z.strictObject({ incident: z.string() }),
  build({ incident }) {
    const { parts } = affectedParts({ release: 'ecommerce-app' }).output
    return plan({
      name: 'ecommerce-aks',
      severity: { level: 'sev2', decision: 'confirm' },
      timeBudget: { declare: '2m', target: '3m', decide: '3m', rollback: '4m', observe: '48m' },
      steps: sequence(
        require(checks.context({ name: 'prod-aks' }), checks.imageExists({ name: 'ecommerce', images }), checks.noExternalEffects({
          name: 'payments',
          query: 'select count(*) from payments',
          since: badSince,
        })),
        release.preserveEvidence({ name: 'ecommerce', images, logs: ['prod'] }),
        gate.approval({ name: 'go', roles: ['tech-lead'], breakGlass: true }),
        when(includes(parts, 'infra'), gate.approval({ name: 'terraform', roles: ['devops', 'tech-lead'], quorum: 'all' })),
        notify.slack({ channel: '#incidents', template: 'incident.ongoing' }),
        during(
          k8s.maintenance({ ...place, ingress: 'gateway' }),
          sequence(
            when(includes(parts, 'data'), data()),
            when(includes(parts, 'blobs'), blobs()),
            when(
              includes(parts, 'schema'),
              migrations.liquibaseRollback({ database: 'ecommerce', toTag: tag, rowsAtMost: 1000, url: secret('ECOMMERCE_DATABASE_URL') }),
            ),
            when(includes(parts, 'infra'), infrastructure()),
            when(includes(parts, 'config'), configuration()),
            when(includes(parts, 'app'), applicationOnly()),
          ),
        ),
        healthy('all'),
        gate.manualCheck({ name: 'stakeholders', role: 'stakeholder', checklist: ['orders', 'payments'], timeout: '1h' }),
        notify.email({ to: 'stakeholders', template: 'incident.resolved' }),
      ),
      always: [report.incident({ id: incident })],
    })
  },
})

/** Nothing answers any more. The last resort needs two people, and is reached only when all else was tried and put back. */
export const wholeOutage = plan({
  name: 'whole-outage',
  severity: { level: 'sev1', decision: 'confirm' },
  steps: sequence(
    gate.approval({ name: 'go', roles: ['tech-lead'], breakGlass: true }),
    fallback(
      helm.rollbackRelease({ ...app, toDigest: target.helm.output.digest }),
      helm.upgradeRelease({ ...app, commit, values: ['image-tags-prod.yaml'] }),
      sequence(
        gate.approval({ name: 'reinstall', roles: ['cto', 'tech-lead'], quorum: 'all' }),
        helm.reinstallRelease({ ...app, commit, keep: ['pvc', 'load-balancer-ip'] }),
      ),
    ),
    healthy('all'),
  ),
})

/** One service of the release, when only it is broken. */
export const oneService = plan({
  name: 'one-service',
  onFailure: 'compensate',
  steps: sequence(
    require(checks.historyDepth({ name: 'payments', min: 2 })),
    helm.rollbackRelease({ ...app, toDigest: target.helm.output.digest, only: 'payments' }),
    healthy('payments'),
  ),
})

/** The old server is of use for two days. Afterwards it is deleted by a plan of its own. */
export const deleteOldServer = plan({
  name: 'delete-old-server',
  steps: sequence(
    require(checks.olderThan({ name: 'cut-over of shop-pg', age: '48h' })),
    gate.approval({ name: 'delete', roles: ['dba', 'product-owner'], quorum: 'all' }),
    azure.deletePostgresServer({ server: 'shop-pg', keptAtLeast: '48h' }),
    observe({ name: 'still well', checks: [checks.journey({ name: 'order' })], for: '5m', deadline: '15m' }),
  ),
})

/** A machine takes the application back by itself, and nothing else. */
export const errorRateTrigger: AutomaticTrigger = automatic({
  name: 'error rate',
  target: 'prod-aks/prod/ecommerce-app',
  any: [
    { check: checks.errorRate({ name: 'ecommerce', below: 0.1 }), for: '5m' },
    { check: checks.restarts({ name: 'ecommerce', atMost: 2, within: '5m' }), for: '1m' },
  ],
  knownGood: checks.knownGood({ name: 'ecommerce-app' }),
  cooldown: '6h',
  maxPerDay: 1,
  run: plan({
    name: 'automatic',
    onFailure: 'compensate',
    steps: sequence(require(checks.knownGood({ name: 'ecommerce-app' })), applicationOnly()),
  }),
})
