import { RollbackError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Condition, OnFailure } from '../contract/nodes.ts'
import type { Output } from '../contract/output.ts'
import type { AutomaticRisk, ParallelRisk, Risk } from '../contract/risk.ts'
import type { PlanNode, RollbackStep } from '../contract/step.ts'
import { checkName } from './check-name.ts'
import { checkNodes } from './check-node.ts'
import { makeGroup } from './group.ts'

/** One after the other; going back in the reverse order. `sequence()` does nothing. */
export function sequence<R extends Risk = 'none'>(...nodes: readonly PlanNode<R>[]): PlanNode<R> {
  return makeGroup('sequence', nodes)
}

/** Beside each other. A failure starts nothing new; what runs is finished. A point of no return does not compile here. */
export function together<R extends ParallelRisk = 'none'>(...nodes: readonly PlanNode<R>[]): PlanNode<R> {
  return makeGroup('together', refuseCut('together', nodes))
}

/**
 * Like `together`, at most `maxParallel` at a time, started in the order given.
 *
 * @throws RollbackError `PLAN_INVALID` when `maxParallel` is no whole number above zero.
 */
export function togetherAtMost<R extends ParallelRisk = 'none'>(maxParallel: number, ...nodes: readonly PlanNode<R>[]): PlanNode<R> {
  if (!Number.isInteger(maxParallel) || maxParallel < 1) {
    throw new RollbackError('PLAN_INVALID', `togetherAtMost(${maxParallel}): maxParallel must be a whole number above zero`, {
      hint: 'Pass how many may run beside each other.',
    })
  }
  return makeGroup('together', refuseCut('togetherAtMost', nodes), { maxParallel })
}

/**
 * Tries the alternatives in order. The next one starts only after the failed one is proven undone: never after an unknown outcome and
 * never past a point of no return. Outputs of an alternative are not visible outside.
 *
 * @throws RollbackError `PLAN_INVALID` without alternatives.
 */
export function fallback<R extends Risk = 'none'>(...nodes: readonly PlanNode<R>[]): PlanNode<R> {
  if (nodes.length === 0)
    throw new RollbackError('PLAN_INVALID', 'fallback needs at least one alternative', { hint: 'Pass what is tried first.' })
  return makeGroup('fallback', nodes)
}

/** Takes `then` when the condition holds, else `otherwise`. A condition known at preview decides there; the other branch is not prepared. */
export function when<R extends Risk, E extends Risk = never>(
  condition: Condition,
  then: PlanNode<R>,
  otherwise?: PlanNode<E>,
): PlanNode<R | E> {
  const children: readonly PlanNode<R | E>[] = otherwise === undefined ? [then] : [then, otherwise]
  const conditions = otherwise === undefined ? [condition] : ([condition, true] as const)
  return makeGroup<R | E>('choose', children, { conditions, names: ['then', 'otherwise'].slice(0, children.length) })
}

/** An output that may be any text has no list of values, so no route over it can be exhaustive. */
export type Closed<K extends string> = string extends K
  ? 'route needs an output with a closed set of values, such as z.enum([...])'
  : unknown

/**
 * One branch per possible value: a missing or an impossible one does not compile.
 *
 * @throws RollbackError `PLAN_INVALID` without branches.
 */
export function route<K extends string, R extends Risk>(
  on: Output<K> & Closed<K>,
  branches: { readonly [P in K]: PlanNode<R> },
): PlanNode<R> {
  const names = Object.keys(branches)
  if (names.length === 0)
    throw new RollbackError('PLAN_INVALID', 'route needs a branch per value', { hint: 'Pass { value: node } for each value.' })
  const conditions = names.map((value): Condition => ({ test: 'is', output: on, value }))
  return makeGroup('choose', Object.values<PlanNode<R>>(branches), { conditions, names })
}

/**
 * Enters the scope, does the body, leaves. Leaving is the scope step's own compensation, proven like one. A body that fails stays inside
 * until it is dealt with; going back later enters the scope again, undoes the body, and leaves.
 *
 * @throws RollbackError `PLAN_INVALID` for a scope that cannot be left again.
 */
// oxlint-disable-next-line no-explicit-any -- a receipt is read and written by a step, so no one type fits every scope
export function during<S extends AutomaticRisk, R extends Risk>(scope: RollbackStep<any, S>, body: PlanNode<R>): PlanNode<S | R> {
  checkNodes('during', [scope, body])
  if (scope.node !== 'step')
    throw new RollbackError('PLAN_INVALID', `during: the scope is a ${String(scope.node)}, not a step`, {
      hint: 'Pass the step that enters the scope first.',
    })
  const worse = scope.risk.find((risk: Risk) => risk !== 'none' && risk !== 'reversible')
  if (worse !== undefined || scope.compensate === undefined) {
    throw new RollbackError('PLAN_INVALID', `during: ${scope.kind} cannot be left again (risk ${scope.risk.join(', ')})`, {
      hint: 'Use a scope step that has a compensation and no worse risk than reversible.',
    })
  }
  return makeGroup<S | R>('during', [scope as PlanNode<S>, body])
}

/**
 * The same node for each item, beside each other. A list from a query is expanded at preview and sealed; a list known only after execute
 * does not compile.
 */
export function forEach<T extends Json, R extends ParallelRisk>(
  items: readonly T[] | Output<readonly T[], 'prepare'>,
  body: (item: T) => PlanNode<R>,
): PlanNode<R> {
  if (Array.isArray(items)) return makeGroup('together', refuseCut('forEach', (items as readonly T[]).map(body)))
  const expand = (item: Json): PlanNode => refuseCut('forEach', [body(item as T)])[0] as PlanNode
  return makeGroup<R>('for-each', [], { items: items as Output<readonly Json[], 'prepare'>, expand, risk: ['none'] as never })
}

/** A prefix for the ids inside, for a part that stands twice in a plan. */
export function named<R extends Risk>(name: string, node: PlanNode<R>): PlanNode<R> {
  checkName('named', name)
  return makeGroup('named', [node], { name })
}

/** `compensate`: a failure inside puts this part back, then goes upwards. `halt`: it stops here. */
export function onFailure<R extends Risk>(policy: OnFailure, node: PlanNode<R>): PlanNode<R> {
  checkPolicy('onFailure', policy)
  return makeGroup('named', [node], { onFailure: policy })
}

/** All or nothing: when the part fails it is put back, proven, and the plan goes on. */
export function optional<R extends ParallelRisk>(node: PlanNode<R>): PlanNode<R> {
  return makeGroup('named', refuseCut('optional', [node]), { onFailure: 'go-on' })
}

function refuseCut<R extends Risk>(where: string, nodes: readonly PlanNode<R>[]): readonly PlanNode<R>[] {
  checkNodes(where, nodes)
  if (nodes.some((node) => (node.risk as readonly Risk[]).includes('point-of-no-return'))) {
    throw new RollbackError('PLAN_INVALID', `${where} holds a point of no return: nothing may run beside it`, {
      hint: 'Put it into a sequence of its own.',
    })
  }
  return nodes
}

/** Refuses a policy that does not exist. */
export function checkPolicy(what: string, policy: OnFailure | undefined): void {
  const given: string | undefined = policy
  if (given === undefined || given === 'halt' || given === 'compensate') return
  throw new RollbackError('OPTIONS_INVALID', `${what}: onFailure "${given}" is unknown`, {
    hint: "Use 'halt' or 'compensate'; to go on without a part, wrap it in optional().",
  })
}
