import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sealStream, unsealStream } from '../../src/sealer/sealed-stream.ts'
import { rejection } from '../journal/expect-error.ts'
import { bytesOf, streamOf } from '../journal/samples.ts'

const key = Buffer.alloc(32, 7)
const otherKey = Buffer.alloc(32, 8)
const chunkBytes = 64 * 1024
const headerBytes = 33
const sealedChunkBytes = chunkBytes + 16

const seal = (...chunks: readonly (string | Uint8Array)[]): Promise<Buffer> => bytesOf(sealStream(key, streamOf(...chunks)))
const unseal = (bytes: Uint8Array, with_ = key): Promise<Buffer> => bytesOf(unsealStream(async () => with_, streamOf(bytes)))

/** Chunks of a sealed stream as they can be moved about. */
function parts(sealed: Buffer): { header: Buffer; chunks: Buffer[] } {
  const chunks: Buffer[] = []
  for (let start = headerBytes; start < sealed.length; start += sealedChunkBytes)
    chunks.push(sealed.subarray(start, start + sealedChunkBytes))
  return { header: sealed.subarray(0, headerBytes), chunks }
}

describe('a sealed stream', () => {
  it('comes back the same, at every length around the size of a chunk', async () => {
    for (const length of [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 5]) {
      const plaintext = randomBytes(length)
      expect((await unseal(await seal(plaintext))).equals(plaintext), `${length} bytes`).toBe(true)
    }
  })

  it('comes back the same however both streams are cut into pieces', async () => {
    const pieces = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(pieces, pieces, async (sizes, cuts) => {
        const chunks = sizes.map((size, index) => Buffer.alloc(size, index))
        const sealed = await seal(...chunks)
        const cut: Buffer[] = []
        let start = 0
        for (const size of cuts) cut.push(sealed.subarray(start, (start += size)))
        const opened = await bytesOf(unsealStream(async () => key, streamOf(...cut, sealed.subarray(start))))
        expect(opened.equals(Buffer.concat(chunks))).toBe(true)
      }),
      { numRuns: 60, seed: 11 },
    )
  })

  it('shows nothing of its text, and is another one each time', async () => {
    const [first, second] = [await seal('swordfish'), await seal('swordfish')]
    expect(first.includes('swordfish')).toBe(false)
    expect(first.subarray(headerBytes).equals(second.subarray(headerBytes))).toBe(false)
  })

  it('is refused when any one bit is flipped', async () => {
    const sealed = await seal('a short snapshot')
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Buffer.from(sealed)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const error = await rejection(unseal(flipped), 'SNAPSHOT_MISSING')
      expect(error.hint).toContain('key file')
    }
  })

  it('is refused when it is cut off at any place, also between chunks', async () => {
    const sealed = await seal(randomBytes(2 * chunkBytes + 100))
    const { header, chunks } = parts(sealed)
    const cuts = [
      0,
      10,
      headerBytes - 1,
      headerBytes,
      headerBytes + 15,
      headerBytes + sealedChunkBytes,
      headerBytes + 2 * sealedChunkBytes,
      sealed.length - 1,
    ]
    for (const end of cuts) expect((await rejection(unseal(sealed.subarray(0, end)), 'SNAPSHOT_MISSING')).message).toMatch(/cut off/)
    expect((await rejection(unseal(Buffer.concat([header, chunks[2]!])), 'SNAPSHOT_MISSING')).message).toMatch(/reordered/)
  })

  it('is refused when chunks are swapped, repeated, dropped, added, or taken from another stream', async () => {
    const { header, chunks } = parts(await seal(randomBytes(2 * chunkBytes + 100)))
    const [a, b, last] = chunks as [Buffer, Buffer, Buffer]
    const foreign = parts(await seal(randomBytes(2 * chunkBytes + 100))).chunks[1]!
    for (const order of [
      [b, a, last],
      [a, a, last],
      [a, last],
      [a, b, last, last],
      [a, b],
      [a, foreign, last],
      [a, b, last, Buffer.alloc(1)],
    ]) {
      expect((await rejection(unseal(Buffer.concat([header, ...order])), 'SNAPSHOT_MISSING')).message).toMatch(
        /changed, reordered or cut off/,
      )
    }
  })

  it('hands out no byte of a chunk that is not proved', async () => {
    const sealed = await seal(randomBytes(2 * chunkBytes))
    sealed[headerBytes + sealedChunkBytes + 5]! ^= 1
    const stream = unsealStream(async () => key, streamOf(sealed))[Symbol.asyncIterator]()
    expect((await stream.next()).value).toHaveLength(chunkBytes)
    await rejection(stream.next(), 'SNAPSHOT_MISSING')
  })

  it('names both keys when it was sealed with another', async () => {
    const error = await rejection(unseal(await seal('text'), otherKey), 'SNAPSHOT_MISSING')
    expect(error.message).toMatch(/sealed with key [0-9a-f]{16}, and the key here is [0-9a-f]{16}/)
  })

  it('says so when a newer version sealed it, or nobody did', async () => {
    const sealed = await seal('text')
    sealed[8] = 2
    expect((await rejection(unseal(sealed), 'SNAPSHOT_MISSING')).message).toContain('newer version of Backstep (format 2)')
    expect((await rejection(unseal(Buffer.from('{"plain":"json, longer than any header"}')), 'SNAPSHOT_MISSING')).message).toContain(
      'not sealed by Backstep',
    )
  })
})
