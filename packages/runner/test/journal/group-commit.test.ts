import { RollbackError } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { groupCommit } from '../../src/journal/group-commit.ts'
import type { GroupCommit } from '../../src/journal/group-commit.ts'
import { syncPace } from '../../src/journal/sync-pace.ts'
import type { SyncPace } from '../../src/journal/sync-pace.ts'

const toFailure = (cause: unknown): RollbackError => new RollbackError('INTERNAL', 'failed', { hint: 'Look.', cause })
const never: SyncPace = { mayBlock: () => false, isTurnSpent: () => false, took: () => {} }

/** A file whose writes end when the test says so. */
function heldFile(): { commit: GroupCommit<number>; writes: string[]; finish: () => Promise<void> } {
  const writes: string[] = []
  const ends: (() => void)[] = []
  const append = (bytes: Uint8Array): Promise<void> => {
    writes.push(Buffer.from(bytes).toString())
    return new Promise((resolve) => {
      ends.push(resolve)
    })
  }
  const commit = groupCommit({ file: { append, appendSync: () => expect.fail('blocked') }, pace: never, start: 0, toFailure })
  const finish = async (): Promise<void> => {
    ends.shift()?.()
    await turn()
  }
  return { commit, writes, finish }
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })
const text = (value: string): readonly Buffer[] => [Buffer.from(value)]

describe('group commit', () => {
  it('has one sync under way at most; what arrives meanwhile shares the next', async () => {
    const { commit, writes, finish } = heldFile()
    const first = commit.add(text('a'), 1)
    await turn()
    const others = [commit.add(text('b'), 2), commit.add(text('c'), 3)]
    await turn()
    expect(writes).toEqual(['a'])
    await finish()
    await first
    expect([writes, commit.durable()]).toEqual([['a', 'bc'], 1])
    await finish()
    await Promise.all(others)
    expect(commit.durable()).toBe(3)
  })

  it('writes at the end of the turn what may not wait longer, with what was added until then', async () => {
    const { commit, writes, finish } = heldFile()
    const outcome = commit.add(text('a'), 1, { atEndOfTurn: true })
    await Promise.resolve()
    const read = commit.add(text('b'), 2, { isLazy: true })
    expect(writes).toEqual([])
    await turn()
    expect(writes).toEqual(['ab'])
    await finish()
    await Promise.all([outcome, read])
    expect(commit.durable()).toBe(2)
  })

  it('is settled when nothing waits and nothing is under way', async () => {
    const { commit, finish } = heldFile()
    await commit.settled()
    void commit.add(text('a'), 1)
    await turn()
    void commit.add(text('b'), 2)
    let isSettled = false
    const settled = commit.settled().then(() => (isSettled = true))
    await finish()
    expect(isSettled).toBe(false)
    await finish()
    await settled
    expect(commit.durable()).toBe(2)
  })

  it('writes nothing more after a failure', async () => {
    let writes = 0
    const append = async (): Promise<void> => {
      writes += 1
      throw new Error('EIO')
    }
    const commit = groupCommit({ file: { append, appendSync: () => {} }, pace: never, start: 0, toFailure })
    await expect(commit.add(text('a'), 1)).rejects.toThrow('failed')
    await expect(commit.add(text('b'), 2)).rejects.toThrow('failed')
    expect([writes, commit.durable(), commit.failure()?.code]).toEqual([1, 0, 'INTERNAL'])
  })
})

describe('the pace of syncs', () => {
  const after = (times: readonly number[]): SyncPace => {
    const pace = syncPace({ onNextTurn: () => {} })
    for (const time of times) pace.took(time, false)
    return pace
  }

  it('blocks only after several fast syncs', () => {
    expect(after([]).mayBlock()).toBe(false)
    expect(after([0.2]).mayBlock()).toBe(false)
    expect(after(Array.from({ length: 10 }, () => 0.2)).mayBlock()).toBe(true)
  })

  it('stops blocking when syncs become slow, and blocks again when they are fast', () => {
    const fast = Array.from({ length: 30 }, () => 0.2)
    expect(after([...fast, 10, 10]).mayBlock()).toBe(false)
    expect(after([...fast, 500]).mayBlock()).toBe(false)
    expect(after([...fast, 10, 10, ...fast]).mayBlock()).toBe(true)
  })

  it('tries one blocking after sixteen slow ones, and believes it when it is fast', () => {
    const slow = Array.from({ length: 16 }, () => 5)
    expect(after(slow.slice(1)).mayBlock()).toBe(false)
    const pace = after(slow)
    expect(pace.mayBlock()).toBe(true)
    pace.took(0.2, true)
    expect(pace.mayBlock()).toBe(true)
    pace.took(0.2, true)
    expect(pace.mayBlock()).toBe(true)
  })

  it('tries again much later when the one that blocked was slow too, and never on a disk that is very slow', () => {
    const pace = after(Array.from({ length: 16 }, () => 5))
    pace.took(5, true)
    expect(pace.mayBlock()).toBe(false)
    expect(after(Array.from({ length: 100 }, () => 30)).mayBlock()).toBe(false)
  })

  it('gives the event loop a turn when blocking syncs took 8 ms of it', () => {
    const turns: (() => void)[] = []
    const pace = syncPace({ onNextTurn: (callback) => turns.push(callback) })
    for (let sync = 0; sync < 4; sync++) pace.took(1.9, true)
    expect(pace.isTurnSpent()).toBe(false)
    pace.took(1.9, true)
    expect([pace.isTurnSpent(), turns.length]).toEqual([true, 1])
    turns[0]!()
    expect(pace.isTurnSpent()).toBe(false)
  })

  it('lets timers run while a caller appends without a pause', async () => {
    const spin = (): void => {
      const until = performance.now() + 0.5
      while (performance.now() < until);
    }
    const commit = groupCommit({ file: { append: async () => {}, appendSync: spin }, pace: syncPace(), start: 0, toFailure })
    let isTimerDone = false
    setTimeout(() => (isTimerDone = true), 1)
    let appends = 0
    while (!isTimerDone && appends < 2000) await commit.add(text('a'), ++appends)
    expect(isTimerDone).toBe(true)
  })
})
