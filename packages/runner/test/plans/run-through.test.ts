import type { RunView } from '@backstep/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { allPlans } from './all-plans.ts'
import { unhealthyKinds } from './adapters/stub-reads.ts'
import { stubWorld } from './adapters/stub-step.ts'
import { createRunner } from '../../src/index.ts'
import { memoryPorts } from '../memory-ports.ts'
import { atTheGates, everybodyAgrees } from './people.ts'
import { virtualClock } from './virtual-clock.ts'

type Decisions = Readonly<Record<string, string>>

async function runThrough(name: string, decisions: Decisions = {}): Promise<RunView> {
  const build = allPlans[name] as NonNullable<(typeof allPlans)[string]>
  const ports = memoryPorts({ clock: virtualClock() })
  const runner = createRunner(ports)
  const approved = await runner.preview(build())
  expect(approved.steps.filter(({ state }) => state === 'refused')).toEqual([])
  const approvals = everybodyAgrees(approved, ports.clock.now())
  return runner.run(build(), { approved, approvals, stay: true, ...atTheGates(approved, ports.requests, decisions) })
}

const doneOf = ({ leaves }: RunView): readonly string[] =>
  leaves.filter(({ type, phase }) => type === 'step' && phase === 'done').map(({ kind }) => kind)

beforeEach(() => {
  stubWorld.clear()
  unhealthyKinds.clear()
})

describe('the plans of the five runbooks run to success', () => {
  it.each<[string, Decisions, readonly string[]]>([
    ['k8s-undo', { symptom: 'down-or-slow' }, ['release.preserve-evidence', 'k8s.undo-rollout']],
    ['k8s-undo', { symptom: 'wrong-data' }, ['release.preserve-evidence', 'k8s.scale-down']],
    [
      'k8s-undo',
      { symptom: 'break-in', 'after isolation': 'undo' },
      ['release.preserve-evidence', 'k8s.isolate', 'secrets.rotate', 'k8s.undo-rollout'],
    ],
    [
      'k8s-undo',
      { symptom: 'break-in', 'after isolation': 'stay-isolated' },
      ['release.preserve-evidence', 'k8s.isolate', 'secrets.rotate'],
    ],
    ['ecommerce-jenkins, manifests', { 'what to do': 'rollback' }, ['k8s.maintenance', 'k8s.apply-manifests']],
    ['ecommerce-jenkins, manifests', { 'what to do': 'fix-forward' }, []],
    ['ecommerce-jenkins, manifests', { 'what to do': 'wait' }, []],
    ['ecommerce-jenkins, jenkins', { 'what to do': 'rollback' }, ['k8s.maintenance', 'ci.run-jenkins-job']],
    [
      'ecommerce-aks',
      {},
      [
        'release.preserve-evidence',
        'k8s.maintenance',
        'db-migrations.liquibase-rollback',
        'k8s.restore-config',
        'azure-restore.promote-secret-version',
        'k8s.restart',
        'helm.rollback-release',
      ],
    ],
    ['ecommerce-aks, whole outage', {}, ['helm.rollback-release']],
    ['ecommerce-aks, one service', {}, ['helm.rollback-release']],
    ['ecommerce-aks, delete old server', {}, ['azure-restore.delete-postgres-server']],
    ['ecommerce-aks, automatic', {}, ['helm.rollback-release']],
    [
      'alojamientos, full',
      {},
      [
        'ci.cancel-deploy',
        'release.preserve-evidence',
        'compose.pull',
        'db-restore.dump-postgres',
        'compose.stop',
        'db-migrations.alembic-downgrade',
        'compose.restore-environment',
        'compose.redeploy',
      ],
    ],
    ['alojamientos, partial', {}, ['compose.redeploy']],
    ['alojamientos, configuration', {}, ['compose.restore-environment', 'compose.recreate']],
    [
      'alojamientos, data',
      {},
      ['db-restore.restore-postgres-beside', 'compose.stop', 'db-restore.swap-postgres', 'db-restore.restore-redis'],
    ],
    ['porttrack, automatic undo', {}, ['release.preserve-evidence', 'k8s.undo-rollout']],
    ['porttrack, manual undo', {}, ['release.preserve-evidence', 'k8s.undo-rollout']],
    ['porttrack, blue-green', {}, ['k8s.switch-traffic']],
    ['porttrack, database', { diagnosis: 'unreachable' }, []],
    [
      'porttrack, database',
      { diagnosis: 'postgres-corrupt' },
      ['db-restore.restore-postgres-beside', 'k8s.scale-down', 'db-restore.swap-postgres'],
    ],
    ['porttrack, database', { diagnosis: 'mongo-corrupt' }, ['k8s.scale-down', 'db-restore.restore-mongo']],
    ['porttrack, cluster', {}, ['k8s.restart-kubelet', 'k8s.restart-kubelet', 'k8s.ensure-deployed', 'k8s.ensure-deployed']],
    ['porttrack, monitoring', {}, ['k8s.restart-unhealthy']],
    ['porttrack, node', {}, ['k8s.cordon', 'k8s.drain-node']],
  ])('%s %o', async (name, decisions, steps) => {
    const view = await runThrough(name, decisions)
    expect(view).toMatchObject({ state: 'finished', outcome: 'succeeded' })
    expect(doneOf(view)).toEqual(steps)
  })

  it('has a run for every plan', () => {
    expect(Object.keys(allPlans)).toHaveLength(19)
  })
})

describe('a plan that is put back by itself leaves everything as it was', () => {
  it.each<[string, string, Decisions]>([
    ['ecommerce-jenkins, manifests', 'checks.journey', { 'what to do': 'rollback' }],
    ['ecommerce-jenkins, jenkins', 'checks.suite', { 'what to do': 'rollback' }],
    ['ecommerce-aks, one service', 'checks.latency', {}],
    ['ecommerce-aks, automatic', 'checks.error-rate', {}],
    ['alojamientos, partial', 'checks.journey', {}],
    ['alojamientos, configuration', 'checks.sql', {}],
    ['porttrack, automatic undo', 'checks.suite', {}],
    ['porttrack, manual undo', 'checks.suite', {}],
    ['porttrack, blue-green', 'checks.endpoints', {}],
  ])('%s, when %s stays unhealthy', async (name, kind, decisions) => {
    unhealthyKinds.add(kind)
    const view = await runThrough(name, decisions)
    expect(view).toMatchObject({ state: 'finished', outcome: 'compensated' })
    const changed = [...stubWorld].filter(([key]) => !key.startsWith('release.preserve-evidence'))
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.filter(([, text]) => text !== 'as the failed release left it')).toEqual([])
  })

  it('stops for people instead, where it says nothing else', async () => {
    unhealthyKinds.add('checks.latency')
    const build = allPlans['ecommerce-aks, whole outage'] as NonNullable<(typeof allPlans)[string]>
    const ports = memoryPorts({ clock: virtualClock() })
    const runner = createRunner(ports)
    const approved = await runner.preview(build())
    const approvals = everybodyAgrees(approved, ports.clock.now())
    const view = await runner.run(build(), { approved, approvals })
    expect(view).toMatchObject({ state: 'blocked', blocked: { ids: ['observe all'] } })
    expect(stubWorld.size).toBe(1)
  })
})
