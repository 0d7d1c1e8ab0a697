import type { Json } from '../contract/json.ts'
import { isOutput, type Output } from '../contract/output.ts'

/** Options with every output replaced by its value. */
export function resolveOutputs(options: object, { read }: { readonly read: <T extends Json>(output: Output<T>) => T }): object {
  return Object.fromEntries(Object.entries(options).map(([key, value]: [string, unknown]) => [key, isOutput(value) ? read(value) : value]))
}
