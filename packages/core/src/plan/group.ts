import type { Json } from '../contract/json.ts'
import type { Condition, Gate, Notice, Observe, OnFailure, PlanDefinition, Query, Require } from '../contract/nodes.ts'
import type { Output } from '../contract/output.ts'
import type { Risk } from '../contract/risk.ts'
import type { PlanNode, RollbackStep } from '../contract/step.ts'
import { checkNodes } from './check-node.ts'

/** Inside the engine a composition is one of these; outside it is an opaque `PlanNode`. */
export interface Group extends PlanNode {
  readonly node: 'group'
  readonly group: 'sequence' | 'together' | 'fallback' | 'choose' | 'during' | 'plan' | 'named' | 'for-each'
  readonly children: readonly AnyNode[]
  readonly name?: string
  /** `choose`: one per child; the else branch is `true`. */
  readonly conditions?: readonly (Condition | true)[]
  readonly names?: readonly string[]
  /** `go-on` is `optional`. */
  readonly onFailure?: OnFailure | 'go-on'
  readonly maxParallel?: number
  readonly definition?: PlanDefinition<Risk>
  readonly template?: { readonly name: string; readonly input: Json }
  readonly items?: Output<readonly Json[], 'prepare'>
  readonly expand?: (item: Json) => PlanNode
}

/** Every node that exists. */
export type AnyNode = RollbackStep | Query | Require | Observe | Gate | Notice | Group

/**
 * Makes a group; its risk is the union over its children.
 *
 * @throws RollbackError `PLAN_INVALID` for a child that is no node.
 */
export function makeGroup<R extends Risk>(
  kind: Group['group'],
  children: readonly PlanNode<R>[],
  rest: Partial<Group> = {},
): Group & PlanNode<R> {
  checkNodes(rest.name === undefined ? kind : `${kind} ${rest.name}`, children)
  const risk = [...new Set(children.flatMap((child) => child.risk))]
  return Object.freeze({
    node: 'group',
    group: kind,
    children: children as readonly PlanNode[] as readonly AnyNode[],
    risk,
    ...rest,
  }) as unknown as Group & PlanNode<R>
}
