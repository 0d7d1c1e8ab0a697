import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enterMaintenance, errorRate, findLastGood, keepEvidence, restartService, serves, switchRelease } from '../steps/index.ts'
import { pauseCustomers, unpauseCustomers } from '../world/customers.ts'
import { currentRelease, pointCurrentAt } from '../world/releases.ts'
import { type BadWorld, makeBadWorld } from './bad-world.ts'
import { prepared, type TestContext, testContext } from './step-context.ts'

let world: BadWorld
let context: TestContext
let shop: string
const read = <T>(value: unknown): T => value as T

beforeAll(async () => {
  world = await makeBadWorld()
  context = testContext(world.databaseUrl)
  shop = world.layout.shop
})
beforeEach(() => world.restore())
afterAll(() => world.end())

describe('keep-evidence', () => {
  it('keeps counters, log and deployments in one file, once', async () => {
    const step = keepEvidence({ shop })
    const work = await prepared(step, context)
    expect(await step.probe(work, context.execute)).toEqual({ at: 'before' })
    const receipt = await step.execute(work, context.execute)
    const kept = readFileSync(join(shop, receipt.file), 'utf8')
    expect(await step.execute(work, context.execute)).toEqual(receipt)
    expect(await step.probe(work, context.execute)).toEqual({ at: 'after', receipt })
    expect(readFileSync(join(shop, receipt.file), 'utf8')).toBe(kept)
    expect(JSON.parse(kept)).toMatchObject({ health: { tag: 'v1.5.0' }, failedOrders: receipt.failedOrders })
    expect((JSON.parse(kept) as { log: string[] }).log.some((line) => line.includes('orders_customer_is_account'))).toBe(true)
    expect(readdirSync(join(shop, 'evidence'))).toHaveLength(1)
  })
})

describe('enter-maintenance', () => {
  const maintenance = () => enterMaintenance({ shop, reason: 'test' })
  const placeOrder = () =>
    fetch(`${world.settings.shopUrl}/orders`, {
      method: 'POST',
      body: JSON.stringify({ customer: 'A100001', product: 'tea', quantity: 1 }),
    })

  it('makes the shop answer 503 with Retry-After, and takes orders again when it is left', async () => {
    const step = maintenance()
    const work = await prepared(step, context)
    const receipt = await step.execute(work, context.execute)
    const answer = await placeOrder()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await step.probe(work, context.execute)).toEqual({ at: 'after', receipt })
    await expect.poll(() => step.verify({ ...work, receipt }, context.execute)).toMatchObject({ status: 'healthy' })
    await step.compensate?.({ ...work, receipt }, context.execute)
    expect(await step.probe(work, context.execute)).toEqual({ at: 'before' })
    expect((await placeOrder()).status).toBe(201)
  })

  it('leaves the maintenance of somebody else alone, also when it is left', async () => {
    const theirs = JSON.stringify({ mark: 'ops', since: '2026-11-23T00:00:00Z', reason: 'new disks' })
    const step = maintenance()
    const early = await prepared(step, context)
    writeFileSync(world.layout.maintenanceFile, theirs)
    await expect(step.execute(early, context.execute)).rejects.toMatchObject({ code: 'DRIFTED' })
    expect(await step.probe(early, context.execute)).toEqual({
      at: 'elsewhere',
      detail: 'maintenance was begun by somebody else: new disks',
    })
    await expect(step.compensate?.(early, context.execute)).rejects.toMatchObject({ code: 'DRIFTED' })
    expect((await step.prepare(context.prepare('aa'))).changes).toEqual([])
    expect(readFileSync(world.layout.maintenanceFile, 'utf8')).toBe(theirs)
  })
})

describe('switch-release', () => {
  const back = () => switchRelease({ shop, commit: world.good.commit })

  it('turns the link, and turns it back', async () => {
    const step = back()
    const work = await prepared(step, context)
    const receipt = await step.execute(work, context.execute)
    expect(receipt).toEqual({ release: world.good.release })
    expect(currentRelease(world.layout)?.commit).toBe(world.good.commit)
    expect(await step.execute(work, context.execute)).toEqual(receipt)
    await step.compensate?.({ ...work, receipt }, context.execute)
    expect(await step.probe(work, context.execute)).toEqual({ at: 'before' })
    expect(readdirSync(shop).filter((name) => name.startsWith('current'))).toEqual(['current'])
  })

  it('refuses when somebody moved the link in between', async () => {
    const step = back()
    const work = await prepared(step, context)
    const third = join(world.layout.releases, 'hotfix')
    writeFileSync(`${third}.json`, '{}')
    pointCurrentAt(world.layout, 'hotfix.json')
    await expect(step.execute(work, context.execute)).rejects.toMatchObject({
      code: 'DRIFTED',
      message: expect.stringContaining('leads to hotfix.json') as string,
    })
    expect(await step.probe(work, context.execute)).toMatchObject({ at: 'elsewhere' })
  })

  it('refuses in the preview when the release folder is gone', async () => {
    const folder = join(world.layout.releases, world.good.release)
    renameSync(folder, `${folder}-gone`)
    writeFileSync(join(`${folder}-gone`, 'release.json'), JSON.stringify({ tag: 'v0', commit: 'other' }))
    await expect(back().prepare(context.prepare('aa'))).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    writeFileSync(join(`${folder}-gone`, 'release.json'), JSON.stringify({ tag: world.good.tag, commit: world.good.commit }))
    renameSync(`${folder}-gone`, folder)
  })
})

describe('restart-service', () => {
  const restart = () => restartService({ shop, commit: world.good.commit })
  const starts = () =>
    readFileSync(join(world.layout.logs, 'starts.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')

  it('starts one server for one mark, however often it is asked', async () => {
    pointCurrentAt(world.layout, world.good.release)
    const step = restart()
    const work = await prepared(step, context)
    const before = starts().length
    const [first, second] = await Promise.all([step.execute(work, context.execute), step.execute(work, context.execute)])
    expect(second).toEqual(first)
    expect(await step.execute(work, context.execute)).toEqual(first)
    expect(starts().slice(before)).toHaveLength(1)
    expect(await step.probe(work, context.execute)).toEqual({ at: 'after', receipt: first })
    expect(await step.verify({ ...work, receipt: first }, context.execute)).toMatchObject({ status: 'healthy' })
  })

  it('goes back to the release that ran before, although current leads elsewhere', async () => {
    pointCurrentAt(world.layout, world.good.release)
    const step = restart()
    const work = await prepared(step, context)
    const receipt = await step.execute(work, context.execute)
    await step.compensate?.({ ...work, receipt }, context.execute)
    expect(await step.probe(work, context.execute)).toEqual({ at: 'before' })
    const before = starts().length
    await step.compensate?.({ ...work, receipt }, context.execute)
    expect(starts().slice(before)).toHaveLength(0)
  })

  it('refuses when current does not lead to the release, and leaves the server alone', async () => {
    const step = restart()
    const work = await prepared(step, context)
    const before = starts().length
    await expect(step.execute(work, context.execute)).rejects.toMatchObject({
      code: 'DRIFTED',
      message: `current leads to ${world.bad.release}, not to ${world.good.release}`,
    })
    expect(starts().slice(before)).toHaveLength(0)
  })

  it('refuses when somebody else restarted the server since', async () => {
    const step = restart()
    const work = await prepared(step, context)
    await world.restore()
    pointCurrentAt(world.layout, world.good.release)
    await expect(step.execute(work, context.execute)).rejects.toMatchObject({
      code: 'DRIFTED',
      message: expect.stringMatching(/instance \d+ runs, not \d+/) as string,
    })
  })
})

describe('checks', () => {
  it('serves: compares what the server says of itself', async () => {
    const sample = (commit: string, schema: number) => serves({ shop, commit, schema }).sample({ ...context.execute, read })
    expect(await sample(world.bad.commit, 2)).toMatchObject({ status: 'healthy' })
    expect(await sample(world.good.commit, 2)).toMatchObject({
      status: 'unhealthy',
      expected: expect.stringContaining(world.good.commit.slice(0, 12)) as string,
    })
    expect(await sample(world.bad.commit, 1)).toMatchObject({ status: 'unhealthy' })
  })

  it('error-rate: is unhealthy while orders fail, and unknown without orders', async () => {
    const check = errorRate({ shop, atMostPercent: 5 })
    expect(await check.sample({ ...context.execute, read })).toMatchObject({ status: 'unhealthy', expected: 'at most 5 % failed' })
    await pauseCustomers(world.layout.root)
    expect(await check.sample({ ...context.execute, read })).toMatchObject({
      status: 'unknown',
      reason: 'only 0 orders in 2s, 5 are needed to judge',
    })
    unpauseCustomers(world.layout.root)
  })

  it('error-rate: is unknown when the server was restarted while it counted', async () => {
    const counting = errorRate({ shop, atMostPercent: 5 }).sample({ ...context.execute, read })
    await Promise.all([
      world.restore(),
      expect(counting).resolves.toMatchObject({ status: 'unknown', reason: 'the server was restarted while orders were counted' }),
    ])
  })
})

describe('find-last-good', () => {
  it('answers the release that was seen good, with its schema and what was seen', async () => {
    const found = await findLastGood({ shop }).read({ ...context.execute, read })
    expect(found).toMatchObject({
      tag: 'v1.4.2',
      commit: world.good.commit,
      schema: 1,
      badTag: 'v1.5.0',
      badCommit: world.bad.commit,
      badSchema: 2,
    })
    expect(found.evidence).toContain('20 orders, 0 failed')
  })
})
