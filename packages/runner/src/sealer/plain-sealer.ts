import type { Sealer } from '../store.ts'

/** Seals nothing: bytes go in and come out as they are. For tests, and for stores whose disk is encrypted already. */
export function plainSealer(): Sealer {
  return { seal: (plaintext) => plaintext, unseal: (ciphertext) => ciphertext }
}
