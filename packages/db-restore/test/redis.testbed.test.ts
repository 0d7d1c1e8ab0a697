import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { secret } from '@backstep/core'
import { sampled, system } from '@backstep/testbed'
import { recordingContext, testRollbackStep } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { restoreRedis } from '../src/index.ts'
import { redisBench, redisLab, redisWorld, type RedisLab } from './redis-lab.ts'

const redis = await system('redis')

const stepOn = (lab: RedisLab, rdb = lab.rdb) => restoreRedis({ server: 'cache', url: secret('REDIS_URL'), rdb, start: lab.start })
const contextOf = (lab: RedisLab) => recordingContext({ secrets: { REDIS_URL: lab.url } })

describe('what Redis does, and the step must not', () => {
  it(
    'with an append only file, a copied dump.rdb is ignored, and without that file the server comes up empty',
    { timeout: 60_000 },
    async () => {
      const lab = await redisLab(redis, true)
      await lab.ask('shutdown', 'nosave').catch(() => undefined)
      await copyFile(lab.rdb, join(lab.data, 'dump.rdb'))
      await lab.up()
      expect(await lab.ask('get', 'a')).toBe('bad')
      await lab.ask('shutdown', 'nosave').catch(() => undefined)
      await rm(join(lab.data, 'appendonly.aof'), { force: true })
      await lab.up()
      expect(await lab.ask('dbsize')).toBe('0')
      await lab.cleanUp()
    },
  )
})

describe('a server that is restored', () => {
  it.each([true, false])(
    'loads the snapshot, keeps it over a restart, and goes back with all that it held (append only: %s)',
    { timeout: 60_000 },
    async (isAppendOnly) => {
      const lab = await redisLab(redis, isAppendOnly)
      const [step, context] = [stepOn(lab), contextOf(lab)]
      const before = await redisWorld(lab)
      const { prepared } = await step.prepare(context.prepare)
      const work = { prepared, snapshot: null, mark: context.prepare.mark, receipt: undefined }
      await step.execute(work, context.execute)
      expect(await redisWorld(lab)).toMatchObject({ keys: ['a', 'c'], values: 'good\nkept' })
      await lab.ask('shutdown', isAppendOnly ? 'nosave' : 'save').catch(() => undefined)
      await lab.up()
      expect(await redisWorld(lab)).toMatchObject({ keys: ['a', 'c'], values: 'good\nkept' })
      await step.compensate?.(work, context.execute)
      expect(await redisWorld(lab)).toEqual(before)
      await context.cleanUp()
      await lab.cleanUp()
    },
  )

  it('is refused when it is out of reach, has replicas, or the file is no snapshot', { timeout: 60_000 }, async () => {
    const [lab, replica] = [await redisLab(redis, false), await redisLab(redis, false)]
    const codes = async (step: ReturnType<typeof stepOn>) =>
      ((await step.prepare(contextOf(lab).prepare)).findings ?? []).map(({ code }) => code)
    expect(await codes(stepOn(lab, lab.start.args[0]))).toEqual(['db-restore.redis-no-snapshot'])
    await replica.ask('config', 'set', 'masterauth', 'canary-redis-5c1e')
    await replica.ask('replicaof', '127.0.0.1', new URL(lab.url).port)
    await expect.poll(() => lab.ask('info', 'replication'), { timeout: 20_000 }).toContain('connected_slaves:1')
    expect(await codes(stepOn(lab))).toEqual(['db-restore.redis-replicas'])
    await replica.cleanUp()
    await lab.ask('shutdown', 'nosave').catch(() => undefined)
    await expect(stepOn(lab).prepare(contextOf(lab).prepare)).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'none' })
    await lab.cleanUp()
  })
})

testRollbackStep({ name: 'restore-redis', describe, it, setUp: () => redisBench(redis, true), every: sampled(30), promptMs: 10_000 })
