import type { Sealer } from '../store.ts'
import { makeKeyFile, readKeyFile } from './key-file.ts'
import { sealStream, unreadable, unsealStream } from './sealed-stream.ts'

export interface KeyFileOptions {
  /** The key file; made on first use with mode 0600. Back it up: without it no snapshot can be read. */
  readonly path: string
}

/**
 * Seals with AES-256-GCM and a key in a file: whoever reads backups or a lost disk of snapshots alone learns nothing, whoever can read the
 * key file can read them all.
 *
 * Only sealing makes the key. Sealing and unsealing reject with `PERMISSION_DENIED` when others than its owner may read the key file, and
 * with `SECRET_NOT_FOUND` when it holds something else.
 */
export function keyFileSealer({ path }: KeyFileOptions): Sealer {
  let loaded: Buffer | undefined
  const keyToSeal = async (): Promise<Buffer> => (loaded ??= (await readKeyFile(path)) ?? (await makeKeyFile(path)))
  const keyToUnseal = async (): Promise<Buffer> => {
    loaded ??= await readKeyFile(path)
    if (loaded === undefined) throw unreadable(`The key file ${path} is gone`)
    return loaded
  }
  return {
    async *seal(plaintext) {
      yield* sealStream(await keyToSeal(), plaintext)
    },
    unseal: (ciphertext) => unsealStream(keyToUnseal, ciphertext),
  }
}
