import type { Condition } from '../contract/nodes.ts'
import type { Output } from '../contract/output.ts'

export type Scalar = string | number | boolean

/** Holds when the output equals the value. A value that the output can never have does not compile. */
export function is<T extends Scalar>(output: Output<T>, value: NoInfer<T>): Condition {
  return { test: 'is', output, value }
}

/** Holds when the list has the value. */
export function includes<T extends Scalar>(output: Output<readonly T[]>, value: NoInfer<T>): Condition {
  return { test: 'includes', output, value }
}

/** Holds when the other does not. */
export function not(of: Condition): Condition {
  return { test: 'not', of }
}

/** Holds when each of them does. */
export function allOf(...of: readonly Condition[]): Condition {
  return { test: 'all', of }
}

/** Holds when one of them does. */
export function anyOf(...of: readonly Condition[]): Condition {
  return { test: 'any', of }
}
