import { secret } from '@backstep/core'
import type { KubernetesClient, ObjectRef } from '@backstep/kubernetes'
import { sampled, system } from '@backstep/testbed'
import { testRollbackStep } from '@backstep/testing'
import { beforeAll, describe, it } from 'vitest'
import { patchSecretKey } from '../src/patch-secret-key.ts'
import { objectAt } from '../src/workload.ts'
import { remove, stepBench } from './step-bench.ts'
import { adminClient, call, patch } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const oldValue = 'canary-old-91b2e4'
const encoded = (text: string) => Buffer.from(text).toString('base64')
const ref = (): ObjectRef => ({ apiVersion: 'v1', kind: 'Secret', namespace, name: 'database' })

testRollbackStep({
  name: 'patch-secret-key',
  describe,
  it,
  every: sampled(4),
  setUp: async () => {
    const data = { password: encoded('canary-new-5cc0d1'), user: encoded('shop') }
    await admin.create({ manifest: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'database', namespace }, data } }, call)
    const bench = await stepBench({
      cluster,
      namespace,
      named: 'database',
      make: (connection, client) =>
        patchSecretKey(
          { ...connection, namespace, name: 'database', key: 'password', value: secret('OLD_PASSWORD') },
          { client, timeout: '3m' },
        ),
      world: async () => objectAt(await admin.get(ref(), call), ['data']),
      drift: () => patch(admin, ref(), '/data/password', encoded('somebody else')),
      tearDown: () => remove(admin, ref()),
    })
    return { ...bench, secrets: { OLD_PASSWORD: oldValue } }
  },
})
