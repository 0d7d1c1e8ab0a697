import * as z from 'zod'

type Shape = Readonly<Record<string, z.core.$ZodType>>

/** The fields of an object schema, of zod and of zod/mini alike; `undefined` for any other schema. */
export function objectShape(schema: z.core.$ZodType): { readonly fields: Shape; readonly others: z.core.$ZodType | undefined } | undefined {
  if (!(schema instanceof z.core.$ZodObject)) return undefined
  const { shape, catchall } = schema._zod.def
  return { fields: shape as Shape, others: catchall }
}
