import { RollbackError } from '../contract/errors.ts'
import type { Plan } from '../contract/nodes.ts'
import type { Risk } from '../contract/risk.ts'
import type { AnyNode, Group } from '../plan/group.ts'
import { Answers, type SealOptions } from './answers.ts'
import { buildTree } from './build.ts'
import { hashOf } from './canonical.ts'
import { identify, type Identities } from './identify.ts'
import { expand, layOut, type Expansions, type Layout } from './layout.ts'
import { referTo } from './reference.ts'
import type { SealedNode, SealedPlan } from './sealed-plan.ts'

/** The live half of a sealed plan: the code behind each id. */
export type Registry = ReadonlyMap<string, AnyNode>

export interface Sealed {
  readonly plan: SealedPlan
  readonly registry: Registry
  /** The id of every node of the plan, by the node itself. Equal queries share one id, so this is more than the registry the other way round. */
  readonly idOf: ReadonlyMap<object, string>
}

/**
 * Turns a plan into data: asks its queries, expands its lists, gives every node its id, and checks that every output is known when it is
 * used. Contacts backends only through queries, which are reads, and only once everything that can be checked without them is right.
 *
 * @throws RollbackError `PLAN_INVALID` with every problem found: one node used twice, two steps of one name, an output used before, beside
 * or out of its branch, an option that is no plain data. What a query throws is passed on.
 */
export async function seal(plan: Plan<Risk>, options: SealOptions): Promise<Sealed> {
  const root = rootOf(plan)
  const expansions: Expansions = new Map()
  const answers = new Answers(options)
  for (;;) {
    const built = buildOnce(root, expansions, answers)
    for (const query of built.layout.queries) await answers.ask(query)
    if (built.layout.unexpanded.length === 0) return sealed(root, built, answers)
    for (const group of built.layout.unexpanded) expansions.set(group, expand(group, answers.valueOf(group.items)))
  }
}

interface Built {
  readonly layout: Layout
  readonly identities: Identities
  readonly tree: SealedNode
  readonly always: readonly SealedNode[]
}

/** As far as the lists are expanded. Needs no answer, so a plan that cannot be sealed is refused before anything is asked. */
function buildOnce(root: Group, expansions: Expansions, answers: Answers): Built {
  const layout = layOut(root, expansions)
  for (const query of layout.queries) answers.identify(query)
  const identities = identify(layout, answers.ids)
  const { tree, always, problems } = buildTree(root, layout, identities, expansions)
  const all = [...answers.problems, ...identities.problems, ...problems, ...inputProblems(root)]
  if (all.length === 0) return { layout, identities, tree, always }
  throw new RollbackError('PLAN_INVALID', `plan ${root.name}: ${all.join('; ')}`, { hint: 'Correct the plan; nothing was changed.' })
}

function sealed(root: Group, { identities, tree, always }: Built, answers: Answers): Sealed {
  const { summary, severity, timeBudget, links, onFailure } = root.definition ?? { onFailure: undefined }
  const body = {
    format: 'backstep-plan/v1' as const,
    name: root.name ?? '',
    ...(summary === undefined ? {} : { summary }),
    ...(severity === undefined ? {} : { severity }),
    ...(timeBudget === undefined ? {} : { timeBudget }),
    ...(links === undefined ? {} : { links }),
    ...(root.template === undefined ? {} : { template: root.template }),
    onFailure: onFailure ?? 'halt',
    tree,
    always,
    values: answers.values,
  }
  return { plan: { ...body, hash: hashOf(body) }, registry: identities.nodeOf, idOf: identities.idOf }
}

/** The input is kept as it was written, so it has to survive JSON. */
function inputProblems({ template }: Group): readonly string[] {
  return template === undefined ? [] : referTo(template.input, () => undefined).problems.map((problem) => `template input ${problem}`)
}

function rootOf(plan: Plan<Risk>): Group {
  const root = plan as unknown as Group
  if (typeof plan === 'object' && plan !== null && root.node === 'group' && root.group === 'plan') return root
  throw new RollbackError('PLAN_INVALID', 'This is no plan', {
    hint: 'Pass what plan({...}) or template.build(input) returned; wrap a single step in plan({ name, steps }).',
  })
}
