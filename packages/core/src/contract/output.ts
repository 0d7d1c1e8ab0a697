import type * as z from 'zod'
import { RollbackError } from './errors.ts'
import type { Json } from './json.ts'
import { objectShape } from './object-shape.ts'

declare const outputOf: unique symbol

/** When a value becomes known: `prepare`, already in a preview (a query answered it); `execute`, only after its step has run. */
export type KnownAt = 'prepare' | 'execute'

/** A value that another node will provide. It has no members: pass it to an option that takes outputs, or test it with `is`. */
export interface Output<out T, out K extends KnownAt = KnownAt> {
  readonly [outputOf]: readonly [T, K]
}

/** One reference per field of a receipt or a query result. */
export type Outputs<T, K extends KnownAt> = { readonly [P in keyof T]-?: Output<Exclude<T[P], undefined>, K> }

/** Options as a plan author writes them: the fields named in `Late` also take an output, lists may be readonly. */
export type Options<O, Late extends keyof O = never> = {
  readonly [P in keyof O]: P extends Late ? Given<O[P]> | Output<Given<O[P]>> : Given<O[P]>
}

/** A schema types its lists as mutable, and nobody changes the lists that were given. */
export type Given<T> = T extends readonly unknown[] ? { readonly [I in keyof T]: T[I] } : T

/** What a method returns for a schema: lists may be readonly. Never a place to infer `T` from. */
export type Returned<T> = NoInfer<{ readonly [P in keyof T]: Given<T[P]> }>

const brand = Symbol.for('backstep.Output')

/** The object behind an `Output`. Every conversion to text, number or JSON throws, so that it cannot leak into a template string. */
export class OutputReference {
  static {
    Object.defineProperty(this.prototype, brand, { value: true })
  }
  /** The node that provides the value. */
  readonly source: object
  readonly key: string
  readonly knownAt: KnownAt
  constructor(source: object, key: string, knownAt: KnownAt) {
    this.source = source
    this.key = key
    this.knownAt = knownAt
  }
  toJSON(): never {
    return refuse(this.key)
  }
  [Symbol.toPrimitive](): never {
    return refuse(this.key)
  }
}

function refuse(key: string): never {
  throw new RollbackError('OUTPUT_NOT_KNOWN', `The output "${key}" was used as a plain value`, {
    hint: 'Pass it to an option that takes outputs, or test it with is(output, value).',
  })
}

/** True for an output reference, also of another copy of this package. */
export function isOutput(value: unknown): value is OutputReference & Output<Json> {
  return typeof value === 'object' && value !== null && brand in value
}

/** Makes one reference per field of an object schema. No proxy: a misspelt field is `undefined` at once. */
export function outputsOf<T, K extends KnownAt>(source: () => object, schema: z.core.$ZodType<T>, knownAt: K): Outputs<T, K> {
  const keys = Object.keys(objectShape(schema)?.fields ?? {})
  const made = new Map<string, OutputReference>()
  const outputs: Record<string, unknown> = {}
  for (const key of keys) {
    const get = (): OutputReference => {
      const found = made.get(key) ?? new OutputReference(source(), key, knownAt)
      made.set(key, found)
      return found
    }
    Object.defineProperty(outputs, key, { enumerable: true, get })
  }
  return outputs as Outputs<T, K>
}
