import { randomBytes, randomUUID } from 'node:crypto'
import { link, open, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { plainCause, RollbackError } from '@backstep/core'
import { makeDirectories } from '../journal/durable-file.ts'
import { errorCode, nodeFileSystem } from '../journal/file-system.ts'

const keyBytes = 32
const label = 'backstep-key-v1'

/**
 * Reads a key file: one line, `backstep-key-v1 <32 bytes as base64>`. `undefined` when there is none.
 *
 * @throws RollbackError `PERMISSION_DENIED` when others may read it or we may not; `SECRET_NOT_FOUND` when it holds no key.
 */
export async function readKeyFile(path: string): Promise<Buffer | undefined> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw denied(path, `cannot be read (${errorCode(error) ?? 'no error code'})`, error)
  }
  try {
    const { mode } = await file.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw denied(path, `may be used by others: its mode is ${(mode & 0o777).toString(8)}`)
    return parseKey(await file.readFile('utf8'), path)
  } finally {
    await file.close()
  }
}

/** Makes a key file that only its owner can read. When two processes make it at once, both get the key of the one that was first. */
export async function makeKeyFile(path: string): Promise<Buffer> {
  const temporary = `${path}.${randomUUID()}.new`
  const text = `${label} ${randomBytes(keyBytes).toString('base64')}\n`
  try {
    await makeDirectories(nodeFileSystem, dirname(path))
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
    await nodeFileSystem.syncDirectory(dirname(path))
  } catch (error) {
    throw denied(path, `cannot be made (${errorCode(error) ?? 'no error code'})`, error)
  } finally {
    await unlink(temporary).catch(() => {})
  }
  const key = await readKeyFile(path)
  if (key === undefined) throw denied(path, 'was removed as soon as it was made')
  return key
}

function parseKey(text: string, path: string): Buffer {
  const [, encoded = ''] = /^backstep-key-v1 ([A-Za-z0-9+/]{43}=)\n?$/.exec(text) ?? []
  if (encoded !== '') return Buffer.from(encoded, 'base64')
  throw new RollbackError('SECRET_NOT_FOUND', `${path} holds no key`, {
    hint: 'Restore this key file from a backup. Without it, snapshots that were sealed with it cannot be read.',
  })
}

function denied(path: string, problem: string, cause?: unknown): RollbackError {
  return new RollbackError('PERMISSION_DENIED', `The key file ${path} ${problem}`, {
    hint: `Make it readable for its owner alone (chmod 600 ${path}), and run as that owner.`,
    ...(cause === undefined ? {} : { cause: plainCause(cause) }),
  })
}
