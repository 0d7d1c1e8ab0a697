import { isOutput, RollbackError, type AnyNode, type Json, type Output, type Registry } from '@backstep/core'

/** The value of each output, by the id of the node behind it. Equal queries share one id, so the registry alone cannot tell it. */
export function outputReader(
  idOf: ReadonlyMap<object, string>,
  valueOf: (reference: string) => Json | undefined,
): <T extends Json>(output: Output<T>) => T {
  return <T extends Json>(output: Output<T>): T => {
    if (!isOutput(output))
      throw new RollbackError('OUTPUT_NOT_KNOWN', 'Something that is no output was read', { hint: 'Pass an output of a step or a query.' })
    const reference = `${idOf.get(output.source) ?? '?'}.${output.key}`
    const value = valueOf(reference)
    if (value === undefined)
      throw new RollbackError('OUTPUT_NOT_KNOWN', `${reference} is not known`, {
        hint: 'Its step has not run, or was skipped. Answer applied with a receipt, or compensate.',
      })
    return value as T
  }
}

/** The code behind a leaf: of a release, the step of its scope. */
export function nodeBehind(registry: Registry, id: string): AnyNode {
  const node = registry.get(id)
  if (node !== undefined) return node
  throw new RollbackError('PLAN_CHANGED', `There is no code for "${id}"`, { hint: 'Run with the plan that was sealed.' })
}
