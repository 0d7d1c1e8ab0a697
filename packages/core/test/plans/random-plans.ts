import { during, fallback, gate, named, optional, type Plan, plan, type PlanNode, type Risk, sequence, together } from '@backstep/core'
import fc from 'fast-check'
import { find, set } from './nodes.ts'

/** A plan as data: what a plan file says, so that it can be built any number of times, and edited. */
export type Spec =
  | { readonly step: string; readonly to: unknown }
  | { readonly gate: string }
  | {
      readonly group: 'sequence' | 'together' | 'fallback' | 'optional' | 'named' | 'plan' | 'during'
      readonly name: string
      readonly children: readonly Spec[]
    }

const names = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)

const { spec } = fc.letrec<{ spec: Spec }>((tie) => ({
  spec: fc.oneof(
    { maxDepth: 4, depthSize: 'medium' },
    fc.record({ step: names, to: fc.jsonValue({ maxDepth: 2 }) }),
    fc.record({ gate: names }),
    fc.record({
      group: fc.constantFrom('sequence', 'together', 'fallback', 'optional', 'named', 'plan', 'during'),
      name: names,
      children: fc.array(tie('spec'), { minLength: 1, maxLength: 5 }),
    }),
  ),
}))

/** A random plan in which no name is there twice. */
export const plans: fc.Arbitrary<Spec> = fc
  .array(spec, { minLength: 1, maxLength: 6 })
  .map((children) => numbered({ group: 'sequence', name: 'root', children }))

/** Every step and every part gets a number of its own. */
function numbered(root: Spec): Spec {
  let count = 0
  const visit = (one: Spec): Spec => {
    count++
    if ('step' in one) return { ...one, step: `${one.step}-${count}` }
    if ('gate' in one) return { gate: `${one.gate}-${count}` }
    return { ...one, name: `${one.name}-${count}`, children: one.children.map(visit) }
  }
  return visit(root)
}

export function buildPlan(root: Spec): Plan<Risk> {
  return plan({ name: 'random', steps: build(root) })
}

/** Every third step takes the answer of a query that is made anew each time. */
function build(one: Spec): PlanNode<'none' | 'reversible'> {
  if ('step' in one) return set(one.step, one.step.length % 3 === 0 ? find('shared').output.value : one.to)
  if ('gate' in one) return gate.approval({ name: one.gate, roles: ['lead'] })
  const children = one.children.map(build)
  switch (one.group) {
    case 'sequence':
      return sequence(...children)
    case 'together':
      return together(...children)
    case 'fallback':
      return fallback(...children)
    case 'optional':
      return optional(sequence(...children))
    case 'named':
      return named(one.name, sequence(...children))
    case 'plan':
      return plan({ name: one.name, steps: sequence(...children) })
    case 'during':
      return during(set(`scope of ${one.name}`), sequence(...children))
  }
}

/** All groups of a spec. */
export function groupsOf(root: Spec): readonly Extract<Spec, { children: unknown }>[] {
  return 'children' in root ? [root, ...root.children.flatMap(groupsOf)] : []
}

/** The same spec with one part replaced. */
export function replaced(root: Spec, old: Spec, by: Spec): Spec {
  if (root === old) return by
  return 'children' in root ? { ...root, children: root.children.map((child) => replaced(child, old, by)) } : root
}
