import { setTimeout as sleep } from 'node:timers/promises'
import { testRollbackStep, type StepBench } from '@backstep/testing'
import { describe, it } from 'vitest'
import { moveAlias } from './move-alias.ts'
import type { Alias, Job, SearchAdmin } from './search-admin.ts'

/** The search service in memory: a move takes a moment, and goes on when whoever asked for it is gone. */
function searchService() {
  let alias: Alias = { index: 'shop-2', by: 'release v2' }
  let writes = 0
  const jobs: (Job & { note: string; state: Job['state'] })[] = []
  const moves: Promise<void>[] = []
  const client = (): SearchAdmin => ({
    async alias(abortSignal) {
      abortSignal.throwIfAborted()
      return alias
    },
    async startMove({ from, to, note }, abortSignal) {
      abortSignal.throwIfAborted()
      if (from.by !== alias.by || jobs.some(({ state }) => state === 'running')) throw Object.assign(new Error('moved'), { status: 409 })
      const job = { id: String(jobs.length + 1), state: 'running' as Job['state'], note }
      jobs.push(job)
      writes++
      moves.push(
        sleep(5).then(() => {
          alias = { index: to, by: note }
          job.state = 'done'
        }),
      )
      return job.id
    },
    async jobNoted(note, abortSignal) {
      abortSignal.throwIfAborted()
      return jobs.findLast((job) => job.note === note)
    },
  })
  const drift = () => {
    alias = { index: 'shop-3', by: 'somebody else' }
    writes++
  }
  return { client, drift, writes: () => writes, alias: () => alias, still: () => Promise.all(moves) }
}

testRollbackStep({
  name: 'move-alias',
  describe,
  it,
  async setUp(): Promise<StepBench> {
    const service = searchService()
    return {
      make: () => moveAlias({ to: 'shop-1' }, { client: service.client() }),
      async world() {
        await service.still()
        return { index: service.alias().index }
      },
      drift: async () => service.drift(),
      writes: async () => service.writes(),
    }
  },
})
