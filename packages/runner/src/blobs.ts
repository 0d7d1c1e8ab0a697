import { RollbackError, type BlobRef, type Json } from '@backstep/core'
import type { RunWriter } from './store.ts'

const pieceLength = 65_536

/** Plain data as bytes, in pieces, so that no second copy of a large snapshot stands in memory. */
async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder()
  for (let at = 0; at < text.length;) {
    let end = Math.min(text.length, at + pieceLength)
    // A surrogate pair must not be cut in half.
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--
    yield encoder.encode(text.slice(at, end))
    at = end
  }
}

export async function putJson(writer: RunWriter, value: unknown): Promise<BlobRef> {
  return writer.putBlob(bytesOf(JSON.stringify(value)))
}

/** @throws RollbackError `SNAPSHOT_MISSING` when it is gone, was changed, or is no JSON. */
export async function getJson(writer: Pick<RunWriter, 'getBlob'>, blob: BlobRef): Promise<Json> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of writer.getBlob(blob)) text += decoder.decode(piece, { stream: true })
  try {
    return JSON.parse(text + decoder.decode()) as Json
  } catch (cause) {
    throw new RollbackError('SNAPSHOT_MISSING', `The snapshot ${blob.blob} is no plain data`, {
      hint: 'Restore the run directory from a copy.',
      cause,
    })
  }
}
