import { isOutput, RollbackError, type AnyNode, type Json, type Output, type Registry } from '@backstep/core'

/** Finds the id of the node behind each output. */
export function outputReader(
  registry: Registry,
  valueOf: (reference: string) => Json | undefined,
): <T extends Json>(output: Output<T>) => T {
  const idOf = new Map<object, string>([...registry].map(([id, node]) => [node, id]))
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
