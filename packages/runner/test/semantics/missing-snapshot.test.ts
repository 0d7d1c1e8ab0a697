import { gate, RollbackError, sequence } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import { memoryStore, plainSealer } from '../../src/index.ts'
import { answersGates, leafOf, makeDemo, type Demo } from './demo.ts'

/** A run whose stored bytes are gone while `isGone` says so of their text. */
function fragileDemo(): Demo & { lose: (isGone: (text: string) => boolean) => void } {
  let isGone = (_: string): boolean => false
  const plain = plainSealer()
  const sealer = {
    seal: (plaintext: AsyncIterable<Uint8Array>) => plain.seal(plaintext),
    async *unseal(ciphertext: AsyncIterable<Uint8Array>) {
      const pieces: Uint8Array[] = []
      for await (const piece of plain.unseal(ciphertext)) pieces.push(piece)
      if (isGone(Buffer.concat(pieces).toString()))
        throw new RollbackError('SNAPSHOT_MISSING', 'snapshots/abc is gone', { hint: 'Restore it.' })
      yield* pieces
    },
  }
  return Object.assign(makeDemo({ store: memoryStore({ sealer }) }), { lose: (next: typeof isGone) => void (isGone = next) })
}

const isSnapshot = (text: string): boolean => text.startsWith('{"before"')
const guarded = (demo: Demo) => demo.plan(sequence(demo.set({ name: 'a', to: 'n' }), gate.approval({ name: 'go', roles: ['dba'] })))

describe('a snapshot that is missing', () => {
  it('blocks the way back and names itself; nothing is guessed, and once it is there again the run goes back', async () => {
    const demo = fragileDemo()
    const made = guarded(demo)
    expect((await demo.run(made)).state).toBe('waiting')
    demo.kill()
    demo.lose(isSnapshot)
    const view = await demo.resume(made, answersGates('denied'))
    expect(view.blocked).toEqual({ reason: 'undo-failed', ids: ['demo.set@a'] })
    expect(leafOf(view, 'demo.set@a')?.undoFailure).toMatchObject({
      message: expect.stringContaining('snapshots/abc is gone') as string,
      hint: expect.stringContaining('retry') as string,
    })
    expect(demo.log).toEqual(['do a'])
    demo.lose(() => false)
    await demo.answer('retry', 'demo.set@a')
    expect((await demo.resume(made)).outcome).toBe('compensated')
    expect(demo.valueOf('a')).toBe('old')
  })

  it('of what was approved refuses the resume before anything is done; once it is there again the run goes on', async () => {
    const demo = fragileDemo()
    const made = guarded(demo)
    await demo.run(made)
    const { length } = await demo.records()
    demo.kill()
    demo.lose((text) => !isSnapshot(text))
    await expect(demo.resume(made, answersGates('approved'))).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING', hint: 'Restore it.' })
    expect(await demo.records()).toHaveLength(length)
    demo.lose(() => false)
    expect((await demo.resume(made, answersGates('approved'))).outcome).toBe('succeeded')
    expect(demo.log).toEqual(['do a'])
  })
})
