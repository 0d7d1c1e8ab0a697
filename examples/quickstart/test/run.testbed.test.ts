import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { approve, exitCodeOf } from '@backstep/runner'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import failingPlan from '../soak/plan-that-goes-back.ts'
import { readFacts } from '../story/proof.ts'
import { onCall, openRollback } from '../story/rollback.ts'
import { totalsSince } from '../world/customers.ts'
import { type BadWorld, makeBadWorld } from './bad-world.ts'
import { eventually, rowsOf } from './helpers.ts'

describe('a run of a plan', () => {
  let world: BadWorld
  const codes = () => rowsOf(world.databaseUrl, 'select id::text, discount_code from orders where discount_code is not null order by id')

  beforeAll(async () => {
    world = await makeBadWorld()
  })
  beforeEach(() => world.restore())
  afterAll(() => world.end())

  it('puts everything back when what it waits for does not come, and says so', async () => {
    await eventually(() => totalsSince(world.layout.root, 0).ok > 3)
    const [before, codesBefore] = [await readFacts(world), await codes()]
    const { plan, runner } = openRollback(world, failingPlan)
    const preview = await runner.preview(plan)
    const view = await runner.run(plan, { approved: preview })
    const after = await readFacts(world)
    expect([view.outcome, exitCodeOf(view)]).toEqual(['compensated', 1])
    expect(after).toMatchObject({
      tag: before.tag,
      commit: before.commit,
      schema: 2,
      current: before.current,
      maintenance: false,
      lostOrders: 0,
    })
    expect(after.history).toEqual(['SQL 1', 'SQL 2', 'UNDO_SQL 2', 'SQL 2'])
    expect(await codes()).toEqual(expect.arrayContaining([...codesBefore]))
    expect(after.evidenceFiles).toBe(1)
  })

  it('refuses to start when the bad release is not what runs any more', async () => {
    const { plan, runner } = openRollback(world)
    const record = readFileSync(world.layout.deploymentsFile, 'utf8')
    writeFileSync(world.layout.deploymentsFile, record.replaceAll(world.bad.commit, 'e'.repeat(40)))
    const preview = await runner.preview(plan)
    expect(preview.requires[0]).toMatchObject({ status: 'unhealthy' })
    const approval = approve(preview, { actor: onCall, at: Date.now() })
    await expect(runner.run(plan, { approved: preview, approvals: [approval] })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect((await readFacts(world)).evidenceFiles).toBe(0)
  })

  it('shows the password of the database in no file that it leaves behind', async () => {
    const { plan, runner } = openRollback(world)
    const preview = await runner.preview(plan)
    const approval = approve(preview, { actor: onCall, at: Date.now() })
    const view = await runner.run(plan, { approved: preview, approvals: [approval] })
    const { password } = new URL(world.databaseUrl)
    const files = [
      world.layout.report,
      join(world.layout.runs, 'runs', view.runId, 'journal.jsonl'),
      join(world.layout.runs, 'runs', view.runId, 'plan.json'),
    ]
    expect(view.outcome).toBe('succeeded')
    for (const file of files) expect(readFileSync(file, 'utf8')).not.toContain(password)
    expect(JSON.stringify([preview, view])).not.toContain(password)
  })
})
