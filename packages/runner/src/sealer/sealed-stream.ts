import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { RollbackError } from '@backstep/core'
import { piecesOf } from './pieces.ts'

const magic = Buffer.from('BACKSTEP')
const version = 1
const keyIdBytes = 8
const saltBytes = 16
const headerBytes = magic.length + 1 + keyIdBytes + saltBytes
const chunkBytes = 64 * 1024
const tagBytes = 16

/**
 * Encrypts a stream in chunks of 64 KiB with AES-256-GCM.
 *
 * Header: `BACKSTEP`, version, the first 8 bytes of the key's hash, a random salt. Each stream has its own key, derived from the salt
 * (HKDF-SHA-256); the nonce of a chunk is its number and a mark on the last one, so a chunk that was moved, dropped or cut off does not open.
 * The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) in the way of the age file format (C2SP, age.md, "Payload").
 */
export async function* sealStream(key: Buffer, plaintext: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const header = Buffer.concat([magic, Buffer.from([version]), keyId(key), randomBytes(saltBytes)])
  const streamKey = deriveKey(key, header)
  yield header
  let number = 0
  for await (const { bytes, isLast } of piecesOf(plaintext, chunkBytes)) {
    const cipher = createCipheriv('aes-256-gcm', streamKey, nonce(number++, isLast))
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
  }
}

/**
 * Decrypts what `sealStream` made; each chunk is handed out only after it was proved to be what was sealed.
 *
 * @throws RollbackError `SNAPSHOT_MISSING`.
 */
export async function* unsealStream(keyOf: () => Promise<Buffer>, ciphertext: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = ciphertext[Symbol.asyncIterator]()
  const { header, rest } = await readHeader(source)
  const key = await keyOf()
  assertHeader(header, key)
  const streamKey = deriveKey(key, header)
  let number = 0
  for await (const { bytes, isLast } of piecesOf(following(rest, source), chunkBytes + tagBytes)) {
    yield openChunk(streamKey, nonce(number++, isLast), bytes)
  }
}

async function* following(first: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

async function readHeader(source: AsyncIterator<Uint8Array>): Promise<{ header: Buffer; rest: Buffer }> {
  let bytes: Buffer = Buffer.alloc(0)
  while (bytes.length < headerBytes) {
    const next = await source.next()
    if (next.done === true) break
    bytes = Buffer.concat([bytes, next.value])
  }
  return { header: bytes.subarray(0, headerBytes), rest: bytes.subarray(headerBytes) }
}

function assertHeader(header: Buffer, key: Buffer): void {
  if (header.length < headerBytes || !header.subarray(0, magic.length).equals(magic))
    throw unreadable('This was not sealed by Backstep, or was cut off')
  const [writtenVersion = 0] = header.subarray(magic.length)
  if (writtenVersion > version) throw unreadable(`This was sealed by a newer version of Backstep (format ${writtenVersion})`)
  const sealedWith = header.subarray(magic.length + 1, magic.length + 1 + keyIdBytes)
  if (sealedWith.equals(keyId(key))) return
  throw unreadable(`This was sealed with key ${sealedWith.toString('hex')}, and the key here is ${keyId(key).toString('hex')}`)
}

function openChunk(streamKey: Buffer, chunkNonce: Buffer, bytes: Buffer): Buffer {
  if (bytes.length < tagBytes) throw unreadable('A sealed stream was cut off')
  const decipher = createDecipheriv('aes-256-gcm', streamKey, chunkNonce, { authTagLength: tagBytes })
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, bytes.length - tagBytes)), decipher.final()])
  } catch {
    throw unreadable('A sealed stream was changed, reordered or cut off')
  }
}

function nonce(number: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUIntBE(number, 5, 6)
  bytes[11] = isLast ? 1 : 0
  return bytes
}

function deriveKey(key: Buffer, header: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, header, 'backstep sealed stream v1', 32))
}

function keyId(key: Buffer): Buffer {
  return createHash('sha256').update('backstep key id v1').update(key).digest().subarray(0, keyIdBytes)
}

/** The failure of everything that cannot be unsealed. */
export function unreadable(message: string): RollbackError {
  return new RollbackError('SNAPSHOT_MISSING', message, {
    hint: 'Restore the key file and the run folder from the same backup, or put the target back by hand.',
  })
}
