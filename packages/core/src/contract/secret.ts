import * as z from 'zod'
import { RollbackError } from './errors.ts'

declare const secretBrand: unique symbol

/** A secret by name. Its value exists only inside `context.reveal`; it prints, hashes and serialises as its name. */
export interface Secret {
  readonly [secretBrand]: true
  readonly name: string
}

/** Ciphertext, for a snapshot that must hold a secret: made by `context.seal`, opened by `context.unseal`. */
export type SealedSecret = { readonly sealed: string }

const brand = Symbol.for('backstep.Secret')

class SecretReference {
  static {
    Object.defineProperty(this.prototype, brand, { value: true })
  }
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  toJSON(): { readonly secret: string } {
    return { secret: this.name }
  }
  toString(): string {
    return `[secret ${this.name}]`
  }
}

/**
 * Refers to a secret by name. The runner's `secrets` port finds the value when a step asks for it.
 *
 * @throws RollbackError `OPTIONS_INVALID` when the name is empty or holds characters other than letters, digits, `_ . / -`.
 */
export function secret(name: string): Secret {
  if (!/^[A-Za-z0-9_./-]+$/.test(name)) {
    throw new RollbackError('OPTIONS_INVALID', 'A secret needs a name of letters, digits, _ . / or -', {
      hint: 'Pass the name under which the secret is stored, never its value.',
    })
  }
  return new SecretReference(name) as unknown as Secret
}

/** True for a value made by `secret()`, also by another copy of this package. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && brand in value
}

/** Schema of an option that is a secret. A plain string is refused, so that no value can be written into a plan. */
export function secretOption(): z.core.$ZodType<Secret, Secret> {
  return z.custom<Secret>(isSecret, { error: "expected secret('NAME'), not a value" })
}
