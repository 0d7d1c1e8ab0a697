import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Permission, permissions, roleOf } from '../src/permissions.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

function row(name: string, needs: readonly Permission[]): string {
  const rules = needs.map(({ group, resource, verbs }) => `${verbs.join(', ')} \`${resource}${group === '' ? '' : `.${group}`}\``)
  return `| ${name} | ${rules.join('; ')} |`
}

const rows = [
  '| step, query or check | needs |',
  '| --- | --- |',
  row('`undoRollout` of a Deployment', permissions.undoRollout('Deployment')),
  row('… of a StatefulSet', permissions.undoRollout('StatefulSet')),
  row("… with `stuckPods: 'delete'`", permissions.undoRollout('StatefulSet', { deletesPods: true })),
  row('… of a DaemonSet', permissions.undoRollout('DaemonSet')),
  row('`setImages`, `restartRollout` of a Deployment', permissions.setImages('Deployment')),
  row('`pauseRollout`, `resumeRollout`', permissions.pauseRollout()),
  row('`scaleToZero` of a Deployment', permissions.scaleToZero(['Deployment'])),
  row('`switchService`', permissions.switchService()),
  row('`enterMaintenance`', permissions.enterMaintenance()),
  row('`restoreConfigMap`', permissions.restoreConfigMap()),
  row('`patchSecretKey`', permissions.patchSecretKey()),
  row('`cordonNode`, `uncordonNode` (ClusterRole)', permissions.cordonNode()),
  row('`findRevision`, `listRevisions`', permissions.findRevision('Deployment')),
  row('`podsReady`, `fewRestarts`, `runningDigests`, `rolloutMoves`', permissions.podsReady('Deployment')),
  row('`endpointsReady`', permissions.endpointsReady()),
  row('`ingressServes`', permissions.ingressServes()),
  row('`nodesReady` (ClusterRole)', permissions.nodesReady()),
  row('`rollbackReadiness`', permissions.rollbackReadiness('Deployment')),
  row('`restoreConfiguration`', permissions.restoreConfiguration({ configMaps: true, secrets: true })),
  row('`applyManifests` of ConfigMaps and Deployments', permissions.applyManifests([{ group: 'apps', resource: 'deployments' }])),
  row(
    '`suspendOwner` of a Flux Kustomization',
    permissions.suspendOwner({ group: 'kustomize.toolkit.fluxcd.io', resource: 'kustomizations' }),
  ),
  row('`ensureDeployed` of a Deployment', permissions.ensureDeployed('Deployment')),
  row('`restartUnhealthy` of a Deployment', permissions.restartUnhealthy('Deployment')),
  row('`collectEvidence`', permissions.collectEvidence()),
]

describe('the README', () => {
  it('prints the permissions that the steps ask for', () => {
    const printed = /<!-- permissions:[^>]*-->\n([\s\S]*?)<!-- end of permissions -->/.exec(readme)?.[1]?.trim()
    expect(printed).toBe(rows.join('\n'))
  })
})

describe('a Role', () => {
  it('has exactly the permissions that it is made of', () => {
    expect(roleOf(permissions.findRevision('Deployment'), { name: 'finder', namespace: 'shop' })).toMatchObject({
      kind: 'Role',
      metadata: { name: 'finder', namespace: 'shop' },
      rules: [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
      ],
    })
  })
})
