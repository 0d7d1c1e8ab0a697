import type { SealedSecret } from '@backstep/core'
import type { Sealer } from '../store.ts'
import { unreadable } from './sealed-stream.ts'

/** Seals a text, as base64: for a snapshot that must hold a secret. */
export async function sealText(sealer: Sealer, plaintext: string): Promise<SealedSecret> {
  return { sealed: (await collected(sealer.seal(once(Buffer.from(plaintext))))).toString('base64') }
}

/**
 * The text that was sealed.
 *
 * @throws RollbackError `SNAPSHOT_MISSING` when it was made with another key or was changed.
 */
export async function unsealText(sealer: Sealer, ciphertext: SealedSecret): Promise<string> {
  const bytes = Buffer.from(ciphertext.sealed, 'base64')
  if (bytes.toString('base64') !== ciphertext.sealed) throw unreadable('A sealed text is not base64: it was changed')
  return (await collected(sealer.unseal(once(bytes)))).toString('utf8')
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function collected(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
