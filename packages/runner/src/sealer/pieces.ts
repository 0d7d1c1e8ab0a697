export interface Piece {
  readonly bytes: Buffer
  readonly isLast: boolean
}

/** Cuts a stream into pieces of one size; the last is marked and may be shorter. An empty stream is one empty last piece. */
export async function* piecesOf(stream: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Piece> {
  let held: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    held.push(chunk)
    length += chunk.byteLength
    if (length <= size) continue
    const bytes = Buffer.concat(held, length)
    let start = 0
    for (; length - start > size; start += size) yield { bytes: bytes.subarray(start, start + size), isLast: false }
    held = [bytes.subarray(start)]
    length -= start
  }
  yield { bytes: Buffer.concat(held, length), isLast: true }
}
