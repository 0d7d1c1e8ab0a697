import * as z from 'zod'
import type { Json } from '../contract/json.ts'

const schema: z.core.$ZodType<Json, Json> = z.json() as unknown as z.core.$ZodType<Json, Json>

/** A schema for any plain data, typed as the readonly `Json` of this package (zod's own is mutable and does not fit). */
export function json(): z.core.$ZodType<Json, Json> {
  return schema
}
