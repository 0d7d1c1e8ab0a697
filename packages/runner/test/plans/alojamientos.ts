import { during, gate, is, observe, plan, planTemplate, require, secret, sequence, when } from '@backstep/core'
import * as z from 'zod'
import * as checks from './adapters/checks.ts'
import * as ci from './adapters/ci.ts'
import * as compose from './adapters/compose.ts'
import * as migrations from './adapters/migrations.ts'
import * as notify from './adapters/notify.ts'
import * as release from './adapters/release.ts'
import * as report from './adapters/report.ts'
import * as restore from './adapters/restore.ts'

const project = { project: 'alojamientos', host: 'prod-1' }
const database = { database: 'alojamientos', url: secret('ALOJAMIENTOS_DATABASE_URL') }
const failedSince = '2026-11-22T04:30:00Z'

const watch = (name: string) =>
  observe({
    name,
    for: '5m',
    deadline: '20m',
    checks: [
      checks.health({ url: 'https://api.alojamientos.test/healthz', everyInstance: true }),
      checks.journey({ name: 'pre-booking' }),
      checks.sql({ name: 'alojamientos', database: 'alojamientos', expect: 'reservations > 0' }),
    ],
  })

const releaseOf = (tag: string) => release.resolve({ name: 'alojamientos', repository: 'shop/alojamientos', strategy: { exact: tag } })

/** Schema, environment and services of the host go back to a tag. The images are fetched while the failed release still serves. */
export const full = planTemplate({
  name: 'alojamientos-full',
  input: z.strictObject({ tag: z.string(), incident: z.string() }),
  build({ tag, incident }) {
    const failed = compose.running(project)
    const target = releaseOf(tag)
    const backup = restore.backupAge({ catalogue: 'backups/', fresh: '1h' })
    const schema = migrations.alembicState({ ...database, failed: failed.output.api, target: target.output.api })
    const services = ['api', 'worker']
    return plan({
      name: 'alojamientos-full',
      severity: { level: 'sev1', decision: 'confirm' },
      steps: sequence(
        require(checks.disk({ host: 'prod-1', minFree: '5GiB' }), checks.imageExists({
          name: 'alojamientos',
          images: target.output.images,
        }), checks.noExternalEffects({ name: 'messages', query: 'select count(*) from outbox where sent', since: failedSince })),
        ci.cancelDeploy({ workflow: 'deploy' }),
        release.preserveEvidence({ name: 'alojamientos', images: failed.output.images, logs: ['api', 'worker'] }),
        compose.pull({ ...project, images: target.output.images }),
        when(is(backup.output.isFresh, false), restore.dumpPostgres({ ...database, to: 'backups/' })),
        gate.approval({ name: 'go', roles: ['incident-commander'], breakGlass: true }),
        when(
          is(schema.output.differs, true),
          sequence(
            gate.manualCheck({
              name: 'schema proofs',
              role: 'dba',
              checklist: ['the dump can be listed', 'the way back was rehearsed', 'the statements were read'],
              timeout: '30m',
            }),
            gate.approval({ name: 'schema', roles: ['dba', 'backend-lead'], quorum: 'all' }),
          ),
        ),
        during(
          compose.stop({ ...project, services }),
          sequence(
            // With the failed image: only it has the scripts of the revisions that go.
            when(
              is(schema.output.differs, true),
              migrations.alembicDowngrade({
                ...database,
                toRevision: schema.output.targetRevision,
                scriptsFrom: failed.output.api,
                rowsAtMost: 500,
              }),
            ),
            compose.restoreEnvironment({ ...project, snapshot: 'before-deploy-1422' }),
            // Made, not started: leaving the scope starts them, so the failed release never meets the old schema.
            compose.redeploy({ ...project, services, images: target.output.images, start: 'when the scope is left' }),
          ),
        ),
        watch('after'),
        notify.slack({ channel: '#ops', template: 'rollback.completed' }),
      ),
      always: [report.incident({ id: incident })],
    })
  },
})

/** Only the API goes back. */
export const partial = planTemplate({
  name: 'alojamientos-partial',
  input: z.strictObject({ tag: z.string() }),
  build: ({ tag }) => {
    const target = releaseOf(tag)
    return plan({
      name: 'alojamientos-partial',
      onFailure: 'compensate',
      steps: sequence(
        require(checks.imageExists({ name: 'alojamientos', images: target.output.images })),
        compose.redeploy({ ...project, services: ['api'], images: target.output.images }),
        watch('partial'),
      ),
    })
  },
})

/** Only the environment goes back. Containers are made again: a restart keeps the old environment. */
export const configuration = plan({
  name: 'alojamientos-config',
  onFailure: 'compensate',
  steps: sequence(
    compose.restoreEnvironment({ ...project, snapshot: 'before-deploy-1422' }),
    compose.recreate({ ...project, services: ['api'] }),
    watch('config'),
  ),
})

const side = restore.restorePostgresBeside({ ...database, backup: 'backups/0400.dump', as: 'alojamientos_0400' })

/** The data goes back: restored beside, counted, then swapped in while nobody writes. */
export const data = plan({
  name: 'alojamientos-data',
  steps: sequence(
    side,
    require(checks.sql({ name: 'restored', database: side.output.side, expect: 'reservations > 0' })),
    gate.approval({ name: 'swap', roles: ['dba', 'product-owner'], quorum: 'all' }),
    during(
      compose.stop({ ...project, services: ['api', 'worker'] }),
      sequence(
        restore.swapPostgres({ ...database, side: side.output.side }),
        restore.restoreRedis({ instance: 'redis', file: 'backups/dump.rdb', appendOnly: 'rebuild' }),
      ),
    ),
    watch('data'),
  ),
})
