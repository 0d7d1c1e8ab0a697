import type { RunStore, RunWriter } from '@backstep/runner'

/** A store that also shows every snapshot and stream that is put into it, before it is sealed. */
export function tappedStore(store: RunStore, blobs: Uint8Array[]): RunStore {
  const tapped = (writer: RunWriter): RunWriter => ({
    ...writer,
    get head() {
      return writer.head
    },
    putBlob: (bytes) => writer.putBlob(copied(bytes, blobs)),
  })
  return {
    ...store,
    create: async (runId, plan) => tapped(await store.create(runId, plan)),
    open: async (runId) => tapped(await store.open(runId)),
  }
}

async function* copied(bytes: AsyncIterable<Uint8Array>, blobs: Uint8Array[]): AsyncIterable<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) {
    pieces.push(piece)
    yield piece
  }
  blobs.push(Buffer.concat(pieces))
}
