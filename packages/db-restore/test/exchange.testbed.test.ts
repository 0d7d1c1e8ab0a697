import { setTimeout as wait } from 'node:timers/promises'
import { postgresClient, withSession } from '@backstep/postgres'
import { ownPostgres } from '@backstep/testbed'
import { recordingContext } from '@backstep/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { restoreBeside, swapDatabases, type Backup } from '../src/index.ts'
import { placeOf, postgresLab, urlSecret, worldOf } from './postgres-lab.ts'
import { shopBackup } from './restore-bench.ts'

const server = await ownPostgres({ major: 18 })
const lab = await postgresLab(placeOf(server))
afterAll(() => lab.cleanUp())
let backup: Backup
beforeAll(async () => {
  backup = await shopBackup(lab)
})

const contextNow = () => recordingContext({ secrets: { PG_URL: lab.url }, clock: { now: () => Date.now(), sleep: (ms) => wait(ms) } })

/** Writes again and again, connects again when it is cut, and counts what the server has confirmed. */
function writer(database: string) {
  const context = contextNow()
  const client = postgresClient({ url: urlSecret })
  const state = { isOn: true, written: 0, cuts: 0, unknown: 0 }
  const round = async (): Promise<void> => {
    await withSession(client, context.step, { mode: 'write', name: 'writer', database }, async (session) => {
      while (state.isOn) {
        await session.query("insert into orders(item) values ('live')")
        state.written++
        await wait(2)
      }
    })
  }
  const ended = (async () => {
    while (state.isOn) {
      await round().catch((error: { readonly effect: string }) => {
        state.cuts++
        if (error.effect === 'unknown') state.unknown++
      })
    }
  })()
  return { state, stop: async () => ((state.isOn = false), ended) }
}

it(
  'exchanges under four writers: every confirmed write is in one of the two databases, and the name was never free',
  { timeout: 120_000 },
  async () => {
    await lab.sql('create database live template shop')
    const step = swapDatabases({ server: 'lab', url: urlSecret, live: 'live', side: 'side', keepAs: 'old' })
    const context = contextNow()
    const restored = restoreBeside({ server: 'lab', url: urlSecret, binaries: lab.binaries, backup, as: 'side', like: 'live' })
    const first = await restored.prepare(context.prepare)
    await restored.execute({ prepared: first.prepared, snapshot: null, mark: 'm', receipt: undefined }, context.execute)
    const writers = [1, 2, 3, 4].map(() => writer('live'))
    while (writers.some(({ state }) => state.written < 5)) await wait(5)
    const { prepared } = await step.prepare(contextNow().prepare)
    const work = { prepared, snapshot: null, mark: 'swap', receipt: undefined }
    await step.execute(work, contextNow().execute)
    const before = writers.map(({ state }) => state.written)
    while (writers.some(({ state }, index) => state.written < (before[index] ?? 0) + 5)) await wait(5)
    const restoration = await step.compensate?.(work, contextNow().execute)
    await Promise.all(writers.map(({ stop }) => stop()))
    const count = async (database: string): Promise<number> =>
      Number((await lab.rows("select count(*)::int as n from orders where item = 'live'", database))[0]?.['n'])
    const [written, unknown] = [sum(writers.map(({ state }) => state.written)), sum(writers.map(({ state }) => state.unknown))]
    const found = (await count('live')) + (await count('side'))
    expect(found).toBeGreaterThanOrEqual(written)
    expect(found).toBeLessThanOrEqual(written + unknown)
    expect(writers.every(({ state }) => state.cuts >= 1)).toBe(true)
    expect(restoration?.notRestored?.[0]?.why).toContain('side')
    await lab.drop('live', 'side')
  },
)

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

it(
  'a server that is killed in the middle of a restore leaves the live data alone, and the restore goes on afterwards',
  { timeout: 120_000 },
  async () => {
    const step = restoreBeside({ server: 'lab', url: urlSecret, binaries: lab.binaries, backup, as: 'after_crash' })
    const { prepared } = await step.prepare(contextNow().prepare)
    const work = { prepared, snapshot: null, mark: 'crash', receipt: undefined }
    const watcher = recordingContext({
      secrets: { PG_URL: lab.url },
      observer: { before: () => undefined, after: async ({ name }) => (name === 'restore' ? server.stop('kill') : undefined) },
    })
    const failed = await step.execute(work, watcher.execute).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
    await server.start()
    expect(await worldOf(lab, 'after_crash')).not.toHaveProperty('after_crash')
    const receipt = await step.execute(work, contextNow().execute)
    expect(await step.probe({ ...work, receipt }, contextNow().step)).toMatchObject({ at: 'after' })
    await lab.drop('after_crash')
  },
)
