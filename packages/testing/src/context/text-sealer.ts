import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { plainCause, RollbackError } from '@backstep/core'

/** Encrypts texts with a key that lives as long as this object. */
export interface TextSealer {
  seal(plaintext: string): Promise<string>
  unseal(ciphertext: string): Promise<string>
}

const nonceLength = 12
const tagLength = 16

/** Really encrypts, so that a search for secrets in what a step keeps does not find what it sealed. */
export function textSealer(): TextSealer {
  const key = randomBytes(32)
  return {
    async seal(plaintext) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const text = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    async unseal(ciphertext) {
      const bytes = Buffer.from(ciphertext, 'base64')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength))
        decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength))
        return Buffer.concat([decipher.update(bytes.subarray(nonceLength + tagLength)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new RollbackError('SNAPSHOT_MISSING', 'A sealed text was changed, or sealed by another context', {
          hint: 'Unseal with the context that sealed.',
          cause: plainCause(cause),
        })
      }
    },
  }
}
