import { createHash } from 'node:crypto'
import { RollbackError, type BlobRef } from '@backstep/core'

/** Streams kept in memory, by hash. */
export interface MemoryBlobs {
  keep(stream: AsyncIterable<Uint8Array>): Promise<BlobRef>
  open(blob: BlobRef): AsyncIterable<Uint8Array>
  all(): readonly Uint8Array[]
}

export function memoryBlobs(): MemoryBlobs {
  const kept = new Map<string, Uint8Array>()
  return {
    async keep(stream) {
      const pieces: Uint8Array[] = []
      for await (const piece of stream) pieces.push(piece)
      const bytes = Buffer.concat(pieces)
      const blob = createHash('sha256').update(bytes).digest('hex')
      kept.set(blob, bytes)
      return { blob, bytes: bytes.byteLength }
    },
    async *open({ blob }) {
      const bytes = kept.get(blob)
      if (bytes === undefined)
        throw new RollbackError('SNAPSHOT_MISSING', `No stream was kept under ${blob}`, {
          hint: 'Pass what `keep` returned in the same context.',
        })
      yield bytes
    },
    all: () => [...kept.values()],
  }
}
