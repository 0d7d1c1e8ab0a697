import { plan, sequence, type SealedPlan } from '@backstep/core'
import { createRunner } from '@backstep/runner'
import { describe, expect, it } from 'vitest'
import { memoryPorts } from '../src/index.ts'
import { mortalPorts } from '../src/memory/mortal-ports.ts'

describe('mortalPorts', () => {
  const sealed = async (): Promise<SealedPlan> =>
    (await createRunner(memoryPorts()).preview(plan({ name: 'nothing', steps: sequence() }))).plan

  it('lets a dead process neither write its journal nor hold or take a lease', async () => {
    const shared = memoryPorts()
    const process = mortalPorts(shared)
    const { store, leases } = process.ports
    const writer = await store.create('run', await sealed())
    const owner = { runId: 'run', host: 'here', pid: 1 }
    await leases.acquire('key', owner, 1000)
    expect(process.isDead()).toBe(false)
    await process.die()
    expect(process.isDead()).toBe(true)
    const dead = { code: 'ABORTED', canRetry: false }
    await expect(writer.append([])).rejects.toMatchObject(dead)
    await expect(leases.renew('key', 1, 1000)).rejects.toMatchObject(dead)
    await expect(leases.acquire('other', owner, 1000)).rejects.toMatchObject(dead)
    await expect(store.open('run')).rejects.toMatchObject(dead)
  })

  it('frees the lock of the run for the next process, and leaves everyone else alone', async () => {
    const shared = memoryPorts()
    const [first, second] = [mortalPorts(shared), mortalPorts(shared)]
    const preview = await createRunner(shared).preview(plan({ name: 'nothing', steps: sequence() }))
    const writer = await first.ports.store.create('run', preview.plan)
    await expect(second.ports.store.create('run', preview.plan)).rejects.toMatchObject({ code: 'JOURNAL_CONFLICT' })
    await first.die()
    expect(writer.runId).toBe('run')
    await expect(second.ports.store.create('run', preview.plan)).resolves.toMatchObject({ runId: 'run' })
  })
})
