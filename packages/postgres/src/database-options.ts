import { type Secret, secretOption } from '@backstep/core'
import type * as z from 'zod'

/** Which database, and as whom. The same option stands in every step of this family. */
export interface DatabaseOptions {
  /** A secret that holds `postgresql://role:password@host:5432/database`. Its value is never written anywhere. */
  readonly url: Secret
}

/** The fields of `DatabaseOptions`, to spread into the options schema of a step. */
export const databaseOptions: { readonly url: z.core.$ZodType<Secret, Secret> } = { url: secretOption() }
