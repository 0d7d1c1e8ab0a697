import { describe, expect, it } from 'vitest'
import { findLastGood } from '../steps/index.ts'
import type { ShopPort } from '../steps/shop-port.ts'
import { testContext } from './step-context.ts'

const tags = [
  { tag: 'v1.4.2', commit: 'c142' },
  { tag: 'v1.4.10', commit: 'c1410' },
  { tag: 'v1.5.0', commit: 'c150' },
]
const seenGood = (tag: string, commit: string, schema = 1) => ({
  event: 'seen-good',
  tag,
  commit,
  schema,
  at: '2026-11-23T09:00:00Z',
  orders: 40,
  failed: 0,
})
const deployed = (tag: string, commit: string, schema = 1) => ({ event: 'deployed', tag, commit, schema, at: '2026-11-23T08:00:00Z' })

async function lookFor(record: readonly object[]) {
  const port = {
    tags: async () => tags,
    readText: async () => record.map((line) => JSON.stringify(line)).join('\n'),
  } as unknown as ShopPort
  return findLastGood({ shop: '/shop' }, { client: port }).read({ ...testContext('').execute, read: <T>(value: unknown) => value as T })
}

describe('find-last-good', () => {
  it('takes the newest release by its version, not by its text', async () => {
    const found = await lookFor([seenGood('v1.4.10', 'c1410'), seenGood('v1.4.2', 'c142'), deployed('v1.5.0', 'c150', 2)])
    expect(found).toMatchObject({ tag: 'v1.4.10', commit: 'c1410', schema: 1, badTag: 'v1.5.0', badSchema: 2 })
  })

  it('passes over a release that was never seen good', async () => {
    expect(await lookFor([seenGood('v1.4.2', 'c142'), deployed('v1.4.10', 'c1410'), deployed('v1.5.0', 'c150')])).toMatchObject({
      tag: 'v1.4.2',
    })
  })

  it('passes over a tag that was moved since', async () => {
    expect(await lookFor([seenGood('v1.4.2', 'c142'), seenGood('v1.4.10', 'another'), deployed('v1.5.0', 'c150')])).toMatchObject({
      tag: 'v1.4.2',
    })
  })

  it('never answers with the release that is bad, even if it was good once', async () => {
    await expect(lookFor([seenGood('v1.5.0', 'c150'), deployed('v1.5.0', 'c150')])).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: 'No release before v1.5.0 was seen good',
      hint: 'Choose a release by hand, or fix forward.',
    })
  })

  it('says so when nothing was ever deployed', async () => {
    await expect(lookFor([])).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })
})
