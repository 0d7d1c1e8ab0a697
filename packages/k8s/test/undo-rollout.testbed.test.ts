import type { KubernetesClient } from '@backstep/kubernetes'
import { sampled, sampledAtMost, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, it } from 'vitest'
import { undoBench } from './undo-bench.ts'
import { adminClient } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

testRollbackStep({
  name: 'undo-rollout of a Deployment',
  describe,
  it,
  every: sampled(4),
  most: sampledAtMost(6),
  setUp: () => undoBench({ cluster, admin, namespace, kind: 'Deployment', badImage: 'shop/checkout:v2' }),
})
