import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../src/index.ts'

describe('fakeClock', () => {
  it('stands still until it is moved', async () => {
    const clock = fakeClock({ startsAt: 1000 })
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0])
    await clock.advance(250)
    expect([clock.now(), clock.monotonic()]).toEqual([1250, 250])
  })

  it('calls timers in the order of their times, and none before its time', async () => {
    const clock = fakeClock()
    const called: string[] = []
    clock.after(20, () => called.push(`b at ${clock.monotonic()}`))
    clock.after(10, () => called.push(`a at ${clock.monotonic()}`))
    clock.after(31, () => called.push('late'))
    await clock.advance(30)
    expect(called).toEqual(['a at 10', 'b at 20'])
    expect(clock.pending()).toBe(1)
  })

  it('lets timers set timers on the way', async () => {
    const clock = fakeClock()
    let count = 0
    const again = (): void => {
      count++
      clock.after(10, again)
    }
    clock.after(10, again)
    await clock.advance(100)
    expect(count).toBe(10)
  })

  it('takes a timer back', async () => {
    const clock = fakeClock()
    let called = false
    const cancel = clock.after(10, () => (called = true))
    cancel()
    await clock.advance(20)
    expect([called, clock.pending()]).toEqual([false, 0])
  })

  it('wakes a sleeper at its time, and rejects with the reason of the abort', async () => {
    const clock = fakeClock()
    const slept = clock.sleep(900_000).then(() => 'awake')
    await clock.advance(900_000)
    expect(await slept).toBe('awake')
    const stop = new AbortController()
    const interrupted = clock.sleep(10, stop.signal)
    stop.abort(new Error('enough'))
    await expect(interrupted).rejects.toThrow('enough')
    await expect(clock.sleep(10, stop.signal)).rejects.toThrow('enough')
    expect(clock.pending()).toBe(0)
  })

  it('jumps by itself over every wait', async () => {
    const clock = fakeClock({ auto: true })
    await clock.sleep(86_400_000)
    await clock.sleep(3_600_000)
    expect(clock.monotonic()).toBe(90_000_000)
  })

  it('goes by itself, as fast as it is told', async () => {
    const clock = fakeClock({ speed: 1000 })
    const before = clock.monotonic()
    await clock.sleep(5000)
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(5000)
    clock.stop()
  })

  it('goes past no timer that was not called, however long the program is held up', async () => {
    const clock = fakeClock({ speed: 100_000 })
    const called: number[] = []
    for (const delay of [10_000, 20_000, 30_000]) {
      const due = clock.monotonic() + delay
      clock.after(delay, () => called.push(clock.monotonic() - due))
    }
    const heldUp = performance.now() + 20
    while (performance.now() < heldUp);
    expect(clock.monotonic()).toBeLessThan(20_000)
    await clock.sleep(30_000)
    clock.stop()
    // Each before the time of the one after it.
    expect(called).toHaveLength(3)
    expect(Math.max(...called.slice(0, 2))).toBeLessThan(10_000)
  })

  it('can be moved while it goes', async () => {
    const clock = fakeClock({ speed: 1 })
    let called = false
    clock.after(3_600_000, () => (called = true))
    await clock.advance(3_600_000)
    expect(called).toBe(true)
    clock.stop()
  })

  it('calls nothing any more once it is stopped', async () => {
    const clock = fakeClock()
    let called = false
    clock.after(10, () => (called = true))
    clock.stop()
    await clock.advance(20)
    expect([called, clock.monotonic()]).toEqual([false, 0])
  })

  it('never goes back and calls everything that is due, for any timers and moves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1000), { maxLength: 20 }), fc.array(fc.nat(400), { maxLength: 8 }), async (delays, moves) => {
        const clock = fakeClock()
        const calledAt: number[] = []
        for (const delay of delays) clock.after(delay, () => calledAt.push(clock.monotonic()))
        for (const move of moves) await clock.advance(move)
        const now = moves.reduce((sum, move) => sum + move, 0)
        expect(calledAt).toEqual(delays.filter((delay) => delay <= now && moves.length > 0).toSorted((one, other) => one - other))
        expect(clock.monotonic()).toBe(now)
      }),
      { seed: 7, numRuns: 50 },
    )
  })
})
