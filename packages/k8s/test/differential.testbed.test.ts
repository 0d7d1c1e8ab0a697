import { system } from '@backstep/testbed'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compare, history } from './differential.ts'
import { adminClient } from './workloads.ts'

const cluster = await system('kubernetes')

it('gives the same template as kubectl rollout undo, after 40 random histories', { timeout: 600_000 }, async () => {
  const { name: namespace } = await cluster.namespace()
  const twins = { client: adminClient(cluster), namespace, kubectl: cluster.paths.kubectl, kubeconfig: cluster.kubeconfig }
  await fc.assert(
    fc.asyncProperty(history, async (past) => {
      expect(await compare(twins, past)).toEqual([])
    }),
    { numRuns: 40, seed: 20_261_123, endOnFailure: true },
  )
})
