import {
  automatic,
  type AutomaticTrigger,
  during,
  forEach,
  gate,
  observe,
  type Plan,
  plan,
  require,
  route,
  secret,
  sequence,
} from '@backstep/core'
import * as checks from './adapters/checks.ts'
import * as k8s from './adapters/k8s.ts'
import * as notify from './adapters/notify.ts'
import * as release from './adapters/release.ts'
import * as report from './adapters/report.ts'
import * as restore from './adapters/restore.ts'

const place = { cluster: 'prod', namespace: 'porttrack' }
const app = { ...place, deployment: 'porttrack-app' }
const failed = 'porttrack/app@sha256:42cc'
const badSince = '2026-11-22T04:30:00Z'
const database = { database: 'porttrack', url: secret('PORTTRACK_DATABASE_URL') }

const steady = (name: string) =>
  observe({
    name,
    for: '5m',
    deadline: '15m',
    checks: [checks.health({ url: 'https://porttrack.test/health' }), checks.suite({ name: 'smoke', tool: 'k6' })],
  })

/** The Deployment goes back to the newest release that was seen good, also when its rollout was paused or is over. */
const undo = (name: string, { force = false } = {}): Plan<'none' | 'reversible'> => {
  const good = k8s.history({ ...app, goodBefore: badSince })
  return plan({
    name,
    onFailure: 'compensate',
    steps: sequence(
      release.preserveEvidence({ name: 'porttrack', images: [failed], logs: ['porttrack-app'] }),
      k8s.undoRollout({ ...app, to: good.output.replicaSet, resumeIfPaused: true, force }, { timeout: '300s' }),
      steady('undo'),
      notify.slack({ channel: '#porttrack', template: 'rollback.completed' }),
      notify.pagerDuty({ service: 'porttrack', action: 'resolve' }),
    ),
  })
}

export const automaticUndo: AutomaticTrigger = automatic({
  name: 'porttrack',
  target: 'prod/porttrack/porttrack-app',
  any: [
    { check: checks.health({ url: 'https://porttrack.test/health' }), for: '90s' },
    { check: checks.rolloutStalled({ name: 'porttrack-app' }), for: '600s' },
  ],
  knownGood: checks.knownGood({ name: 'porttrack-app' }),
  cooldown: '1h',
  maxPerDay: 2,
  run: plan({ name: 'automatic-undo', onFailure: 'compensate', steps: undo('undo'), always: [report.incident({ id: 'PT-1' })] }),
})

export const manualUndo = plan({
  name: 'manual-undo',
  onFailure: 'compensate',
  steps: sequence(gate.approval({ name: 'go', roles: ['on-call'] }), undo('undo', { force: true })),
  always: [report.incident({ id: 'PT-2' })],
})

const service = { ...place, service: 'porttrack' }
const colour = k8s.liveColour(service)
/** Traffic goes back to the colour that still runs. It is not scaled down: that is the next deploy's work. */
export const blueGreen = plan({
  name: 'blue-green',
  onFailure: 'compensate',
  steps: sequence(
    require(checks.podsReady({ namespace: 'porttrack', deployment: colour.output.idleDeployment }), checks.knownGood({
      name: 'porttrack',
    })),
    k8s.switchTraffic({ ...service, to: colour.output.idle }),
    observe({
      name: 'switched',
      for: '5m',
      deadline: '15m',
      checks: [checks.endpoints({ service: 'porttrack' }), checks.health({ url: 'https://porttrack.test/health' })],
    }),
  ),
})

const backup = restore.pickBackup({ catalogue: 's3/porttrack', before: badSince, verified: true })
const side = restore.restorePostgresBeside({ ...database, backup: backup.output.backup, as: 'porttrack_0400' })
const diagnosis = gate.decision({
  name: 'diagnosis',
  role: 'dba',
  options: ['unreachable', 'postgres-corrupt', 'mongo-corrupt'],
  timeBox: '10m',
  onTimeout: 'escalate',
})
const withoutWriters = () => k8s.scaleDown({ ...place, selector: 'app=porttrack' })
/** A database that cannot be reached is not restored: only one that was seen corrupt. */
export const databaseRecovery = plan({
  name: 'database',
  steps: sequence(
    diagnosis,
    route(diagnosis.output.answer, {
      unreachable: notify.pagerDuty({ service: 'database', action: 'trigger' }),
      'postgres-corrupt': plan({
        name: 'postgres',
        onFailure: 'compensate',
        steps: sequence(
          side,
          require(checks.sql({ name: 'restored', database: side.output.side, expect: 'tables > 0' })),
          gate.approval({ name: 'swap', roles: ['dba'] }),
          during(withoutWriters(), restore.swapPostgres({ ...database, side: side.output.side })),
          steady('database'),
        ),
      }),
      'mongo-corrupt': plan({
        name: 'mongo',
        onFailure: 'compensate',
        steps: sequence(
          gate.approval({ name: 'restore', roles: ['dba'] }),
          during(withoutWriters(), restore.restoreMongo({ database: 'porttrack', archive: 's3/porttrack/0400.archive', dumpFirst: true })),
          steady('database'),
        ),
      }),
    }),
  ),
})

const expected = k8s.workloads({ ...place, selector: 'app.kubernetes.io/part-of=porttrack' })
/** Nodes come back one by one, then every workload that should be there. */
export const clusterRecovery = plan({
  name: 'cluster',
  steps: sequence(
    ...['node-1', 'node-2'].map((host) =>
      sequence(
        k8s.restartKubelet({ host }),
        observe({ name: `${host} answers`, checks: [checks.context({ name: 'prod' })], deadline: '10m' }),
      ),
    ),
    forEach(expected.output.names, (workload) => k8s.ensureDeployed({ ...place, workload, commit: 'c0ffee0c0ffee' })),
    steady('cluster'),
  ),
})

/** Metrics flow again before anything else trusts them. */
export const monitoringRecovery = plan({
  name: 'monitoring',
  steps: sequence(
    k8s.restartUnhealthy({ cluster: 'prod', namespace: 'monitoring', selector: 'app=prometheus' }),
    observe({ name: 'scraped again', checks: [checks.freshMetrics({ name: 'porttrack' })], for: '5m', deadline: '15m' }),
  ),
})

/** A bad node is emptied, and takes pods again afterwards. Pods with data in emptyDir volumes refuse it. */
export const nodeRecovery = plan({
  name: 'node',
  steps: sequence(
    during(k8s.cordon({ cluster: 'prod', node: 'node-3' }), k8s.drainNode({ cluster: 'prod', node: 'node-3', emptyDir: 'refuse' })),
    steady('node'),
  ),
})
