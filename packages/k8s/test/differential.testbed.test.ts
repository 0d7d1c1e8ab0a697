import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileRunner } from '@backstep/runner'
import { system } from '@backstep/testbed'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deed, type History, randomHistory, randomNumbers } from './histories.ts'
import { compareTwins, type TwinYard } from './twins.ts'
import { adminClient } from './workloads.ts'

const cluster = await system('kubernetes')
const directory = mkdtempSync(join(tmpdir(), 'backstep-twins-'))
const random = randomNumbers(20)
let yard: TwinYard
beforeAll(async () => {
  const { name: namespace } = await cluster.namespace()
  const { kubeconfig, paths } = cluster
  yard = { admin: adminClient(cluster), runner: fileRunner({ directory }), kubeconfig, kubectl: paths.kubectl, namespace }
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const deployment = (deeds: readonly Deed[], pick = 0.99): History => {
  const { first } = randomHistory(random)
  return { kind: 'Deployment', historyLimit: 10, first, rounds: [{ deeds, pick }] }
}
const release = (version: string): Deed => ({
  act: 'release',
  what: 'image',
  template: { spec: { containers: [{ name: 'app', image: `shop/checkout:${version}` }] } },
})

describe('undoRollout and kubectl rollout undo', () => {
  it.each(['Deployment', 'Deployment', 'Deployment', 'Deployment', 'StatefulSet', 'DaemonSet'] as const)(
    'leave the same spec on twins with the same random life: %s %#',
    async (kind) => {
      const { rounds, ...history } = randomHistory(random)
      const deeds = rounds[0]?.deeds.filter(({ act }) => kind === 'Deployment' || act === 'release' || act === 'annotate') ?? []
      const compared = await compareTwins(yard, { ...history, kind, rounds: [{ deeds, pick: 0.6 }] }, `twin-${Math.floor(random() * 1e6)}`)
      expect(compared).toMatchObject({ undos: 1, faults: [] })
    },
  )

  it('both refuse a paused Deployment unasked, and agree once it is resumed', async () => {
    const compared = await compareTwins(yard, deployment([release('v2'), { act: 'pause', what: 'pause' }, release('v3')]), 'paused')
    expect(compared).toMatchObject({ faults: [], onPurpose: { paused: 1, 'the mark of a write': 1 } })
  })

  it('only kubectl takes away what people wrote on the workload since then', async () => {
    const mark: Deed = { act: 'annotate', what: 'team', annotation: 'shop.example/team', value: 'checkout' }
    const compared = await compareTwins(yard, deployment([release('v2'), mark]), 'annotated')
    expect(compared).toMatchObject({ faults: [], onPurpose: { 'annotations of the workload': 1 } })
  })
})
