import { RollbackError } from '../contract/errors.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { Plan, Query, ReadContext } from '../contract/nodes.ts'
import { isOutput } from '../contract/output.ts'
import type { Risk } from '../contract/risk.ts'
import type { AnyNode, Group } from '../plan/group.ts'
import { buildTree } from './build.ts'
import { hashOf } from './canonical.ts'
import { identify, queryId } from './identify.ts'
import { expand, layOut, type Expansions, type Layout } from './layout.ts'
import { referTo } from './reference.ts'
import type { SealedPlan } from './sealed-plan.ts'

/** The live half of a sealed plan: the code behind each id. */
export type Registry = ReadonlyMap<string, AnyNode>

export interface Sealed {
  readonly plan: SealedPlan
  readonly registry: Registry
  /** The id of every node of the plan, by the node itself. Equal queries share one id, so this is more than the registry the other way round. */
  readonly idOf: ReadonlyMap<object, string>
}

export interface SealOptions {
  /** What queries are read with. `read` is provided here. */
  readonly context: Omit<ReadContext, 'read'>
  /** Answers of an earlier seal: those queries are not asked again. */
  readonly known?: Readonly<Record<string, JsonObject>>
  /** Told before a query is asked. */
  readonly onQuery?: (id: string) => void
  /** Asks one query; a shell adds time-outs and repetition. Default: `query.read(context)`. */
  readonly ask?: (query: Query, context: ReadContext) => Promise<JsonObject>
}

/**
 * Turns a plan into data: asks its queries, expands its lists, gives every node its id, and checks that every output is known when it is
 * used. Contacts backends only through queries, which are reads.
 *
 * @throws RollbackError `PLAN_INVALID` with every problem found: one node used twice, two steps of one name, an output used before, beside
 * or out of its branch, an option that is no plain data. What a query throws is passed on.
 */
export async function seal(plan: Plan<Risk>, options: SealOptions): Promise<Sealed> {
  const root = rootOf(plan)
  const expansions: Expansions = new Map()
  const answers = new Answers(options)
  let layout: Layout
  for (;;) {
    layout = layOut(root, expansions)
    for (const query of layout.queries) await answers.ask(query)
    if (layout.unexpanded.length === 0) break
    for (const group of layout.unexpanded) expansions.set(group, expand(group, answers.valueOf(group.items)))
  }
  const identities = identify(layout, answers.ids)
  const { tree, always, problems } = buildTree(root, layout, identities, expansions)
  const all = [...identities.problems, ...problems, ...inputProblems(root)]
  if (all.length > 0)
    throw new RollbackError('PLAN_INVALID', `plan ${root.name}: ${all.join('; ')}`, {
      hint: 'Correct the plan; nothing was contacted to change anything.',
    })
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

/** Answers of queries, each asked at most once. */
class Answers {
  readonly ids = new Map<Query, string>()
  readonly values: Record<string, JsonObject> = {}
  readonly #optionHashes = new Map<string, string>()
  readonly #options: SealOptions

  constructor(options: SealOptions) {
    this.#options = options
  }

  async ask(query: Query): Promise<void> {
    if (this.ids.has(query)) return
    const { json, problems } = referTo(query.options, (source) => this.ids.get(source as Query))
    if (problems.length > 0)
      throw new RollbackError('PLAN_INVALID', `${query.kind}: ${problems.join('; ')}`, { hint: 'A query may use outputs of queries only.' })
    const id = queryId(query, json, this.#optionHashes)
    this.ids.set(query, id)
    this.#optionHashes.set(id, hashOf(json))
    if (this.values[id] !== undefined) return
    const { context, known, onQuery, ask = (asked, within) => asked.read(within) } = this.#options
    const answer = known?.[id]
    if (answer === undefined) onQuery?.(id)
    this.values[id] = answer ?? (await ask(query, { ...context, read: (output) => this.valueOf(output) as never }))
  }

  valueOf(output: unknown): Json {
    const id = isOutput(output) ? this.ids.get(output.source as Query) : undefined
    const value = id === undefined || !isOutput(output) ? undefined : this.values[id]?.[output.key]
    if (value !== undefined) return value
    throw new RollbackError('OUTPUT_NOT_KNOWN', 'A value was asked for that only a later step provides', {
      hint: 'Use outputs of queries here.',
    })
  }
}
