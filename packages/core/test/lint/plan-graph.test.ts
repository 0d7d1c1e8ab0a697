import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planGraph, type PlanGraph } from '../../src/lint/plan-graph.ts'
import { isGroup, leavesOf, type SealedLeaf, type SealedNode, type SealedPlan } from '../../src/seal/sealed-plan.ts'
import { during, sequence, together } from '../../src/plan/combinators.ts'
import { planOf } from './expect-rule.ts'
import { sealed, step } from './stub-steps.ts'

type Shape =
  | { readonly type: 'leaf'; readonly isMatch: boolean }
  | {
      readonly type: 'sequence' | 'together' | 'fallback' | 'choose' | 'optional'
      readonly hasElse: boolean
      readonly children: readonly Shape[]
    }

const { shape } = fc.letrec<{ shape: Shape; leaf: Shape; group: Shape }>((tie) => ({
  shape: fc.oneof({ maxDepth: 4, depthSize: 'small' }, tie('leaf'), tie('group')),
  leaf: fc.record({ type: fc.constant('leaf' as const), isMatch: fc.boolean() }),
  group: fc.record({
    type: fc.constantFrom('sequence' as const, 'together' as const, 'fallback' as const, 'choose' as const, 'optional' as const),
    hasElse: fc.boolean(),
    children: fc.array(tie('shape'), { maxLength: 3 }),
  }),
}))

function planFrom(root: Shape): { readonly plan: SealedPlan; readonly matches: (leaf: SealedLeaf) => boolean } {
  const matching = new Set<string>()
  let next = 0
  const make = (node: Shape): SealedNode => {
    const id = `n${next++}`
    if (node.type === 'leaf') {
      if (node.isMatch) matching.add(id)
      return {
        type: 'step',
        id,
        hash: '',
        kind: 'x.y',
        target: id,
        inputs: [],
        risk: ['none'],
        canUndo: true,
        idempotency: 'natural',
        options: null,
      }
    }
    const children = node.children.map(make)
    if (node.type === 'choose') {
      const conditions = children.map((_, index) =>
        node.hasElse && index === children.length - 1 ? true : ({ test: 'is', output: `q${index}.a`, value: 1 } as const),
      )
      return { type: 'choose', id, children, conditions, names: [] }
    }
    return node.type === 'optional' ? { type: 'sequence', id, children, onFailure: 'go-on' } : { type: node.type, id, children }
  }
  const tree = make(root)
  return {
    plan: { format: 'backstep-plan/v1', name: 'p', onFailure: 'halt', tree, always: [], values: {}, hash: '' },
    matches: ({ id }) => matching.has(id),
  }
}

/** Every set of leaves that can have run and stayed when the node is over, in plan order. */
function ways(node: SealedNode): readonly (readonly string[])[] {
  if (!isGroup(node)) return [[node.id]]
  const each = node.children.map(ways)
  const product = each.reduce<readonly (readonly string[])[]>(
    (made, next) => made.flatMap((before) => next.map((after) => [...before, ...after])),
    [[]],
  )
  if (node.type === 'sequence' || node.type === 'together') return node.onFailure === 'go-on' ? [...product, []] : product
  const isComplete = node.type !== 'choose' || node.conditions.includes(true)
  return [...each.flat(), ...(isComplete && each.length > 0 ? [] : [[]])]
}

function naiveOrder(root: SealedNode, one: string, other: string): string {
  const has = (node: SealedNode, id: string): boolean => leavesOf(node).some((leaf) => leaf.id === id)
  if (!isGroup(root)) return 'exclusive'
  const left = root.children.findIndex((child) => has(child, one))
  const right = root.children.findIndex((child) => has(child, other))
  if (left === right) return naiveOrder(root.children[left] as SealedNode, one, other)
  if (root.type === 'together') return 'beside'
  return root.type === 'sequence' ? (left < right ? 'before' : 'after') : 'exclusive'
}

/** For each leaf, whether a match stands on the given side on every or some way through it. */
function bruteForce(
  plan: SealedPlan,
  matches: (leaf: SealedLeaf) => boolean,
  side: 'before' | 'after',
  kind: 'every' | 'some',
): ReadonlySet<string> {
  const leaves = leavesOf(plan.tree)
  const all = ways(plan.tree)
  const found = leaves.filter((leaf) => {
    const through = all.filter((way) => way.includes(leaf.id))
    const passes = (way: readonly string[]): boolean =>
      leaves.some(
        (other) => other !== leaf && way.includes(other.id) && matches(other) && naiveOrder(plan.tree, other.id, leaf.id) === side,
      )
    return kind === 'every' ? through.every(passes) : through.some(passes)
  })
  return new Set(found.map(({ id }) => id))
}

describe('plan graph', () => {
  it('agrees with walking every way through the plan', () => {
    fc.assert(
      fc.property(shape, (root) => {
        const { plan, matches } = planFrom(root)
        fc.pre(ways(plan.tree).length <= 200)
        const graph = planGraph(plan)
        expect(graph.reachedOnlyAfter(matches)).toEqual(bruteForce(plan, matches, 'before', 'every'))
        expect(graph.mayFollow(matches)).toEqual(bruteForce(plan, matches, 'before', 'some'))
        expect(graph.alwaysFollowedBy(matches)).toEqual(bruteForce(plan, matches, 'after', 'every'))
        expect(graph.mayBeFollowedBy(matches)).toEqual(bruteForce(plan, matches, 'after', 'some'))
      }),
      { seed: 20261123, numRuns: 500 },
    )
  })
  it('orders any two leaves as their nearest common group does', () => {
    fc.assert(
      fc.property(shape, (root) => {
        const { plan } = planFrom(root)
        const graph = planGraph(plan)
        for (const one of graph.leaves) {
          for (const other of graph.leaves) {
            if (one === other) continue
            expect(graph.order(one, other)).toBe(naiveOrder(plan.tree, one.id, other.id))
            expect(graph.isCertainlyBefore(one, other)).toBe(certainly(plan, one.id, other.id))
          }
        }
      }),
      { seed: 7, numRuns: 200 },
    )
  })
  it('knows the scopes around a leaf, and which leaves are inside', async () => {
    const inner = during(step('k8s.scale-down', 'api', 'reversible'), step('x.y', 'inside', 'reversible'))
    const plan = await sealed(
      planOf(
        during(step('k8s.maintenance', 'gateway', 'reversible'), sequence(inner, together(step('x.y', 'beside', 'reversible')))),
        step('x.y', 'after', 'reversible'),
      ),
    )
    const graph = planGraph(plan)
    const around = (id: string): readonly string[] => graph.scopesAround(graph.leaf(id)!).map((scope) => scope.step.id)
    expect(around('x.y@inside')).toEqual(['k8s.scale-down@api', 'k8s.maintenance@gateway'])
    expect(around('x.y@beside')).toEqual(['k8s.maintenance@gateway'])
    expect(around('k8s.scale-down@api')).toEqual(['k8s.maintenance@gateway'])
    expect(around('k8s.maintenance@gateway')).toEqual([])
    expect(around('k8s.maintenance@gateway release')).toEqual([])
    expect(around('x.y@after')).toEqual([])
    expect(graph.scopes.map((scope) => scope.body.map(({ id }) => id))).toEqual([
      ['x.y@inside'],
      ['k8s.scale-down@api', 'x.y@inside', 'k8s.scale-down@api release', 'x.y@beside'],
    ])
  })
  it('answers for ten thousand steps', () => {
    const wide: Shape = {
      type: 'sequence',
      hasElse: false,
      children: Array.from({ length: 10_000 }, (_, index) => ({ type: 'leaf', isMatch: index === 5000 })),
    }
    const { plan, matches } = planFrom(wide)
    const graph: PlanGraph = planGraph(plan)
    expect(graph.reachedOnlyAfter(matches).size).toBe(4999)
    expect(graph.alwaysFollowedBy(matches).size).toBe(5000)
  })
})

function certainly(plan: SealedPlan, one: string, other: string): boolean {
  if (naiveOrder(plan.tree, one, other) !== 'before') return false
  return ways(plan.tree).every((way) => !way.includes(other) || way.includes(one))
}
