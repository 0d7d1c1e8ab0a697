import { durationMs } from '../contract/duration.ts'
import type { Duration, Json } from '../contract/json.ts'
import type { Condition, Observe } from '../contract/nodes.ts'
import type { RollbackStep } from '../contract/step.ts'
import type { AnyNode, Group } from '../plan/group.ts'
import { hashOf } from './canonical.ts'
import { whyNotYet } from './data-flow.ts'
import type { Identities } from './identify.ts'
import { alwaysOf, childrenOf, optionsOf, type Expansions, type Layout } from './layout.ts'
import { forEachOutput, looksLikeOutput, referTo } from './reference.ts'
import { leavesOf, type SealedCondition, type SealedGroup, type SealedLeaf, type SealedNode } from './sealed-plan.ts'

interface Builder {
  readonly layout: Layout
  readonly identities: Identities
  readonly expansions: Expansions
  readonly always: SealedNode[]
  readonly problems: string[]
}

/** Turns the authored tree into plain data. */
export function buildTree(
  root: Group,
  layout: Layout,
  identities: Identities,
  expansions: Expansions,
): { tree: SealedNode; always: readonly SealedNode[]; problems: readonly string[] } {
  const builder: Builder = { layout, identities, expansions, always: [], problems: [] }
  const tree = build(builder, root) ?? { type: 'sequence', id: 'empty', children: [] }
  return { tree, always: builder.always, problems: builder.problems }
}

const idIn = (builder: Builder, node: object): string => builder.identities.idOf.get(node) ?? '?'

function build(builder: Builder, node: AnyNode): SealedNode | undefined {
  if (node.node === 'query') return undefined
  return node.node === 'group' ? buildGroup(builder, node) : buildLeaf(builder, node)
}

function buildAll(builder: Builder, nodes: readonly AnyNode[]): readonly SealedNode[] {
  return nodes.map((node) => build(builder, node)).filter((node) => node !== undefined)
}

function buildGroup(builder: Builder, group: Group): SealedNode {
  const id = idIn(builder, group)
  const isRoot = builder.layout.places.get(group)?.parent === undefined
  const label = group.name === undefined ? undefined : group.group === 'plan' ? `plan ${group.name}` : group.name
  const policy = isRoot || !hasPolicy(group) ? {} : { onFailure: group.onFailure }
  const base = { id, ...(label === undefined ? {} : { label }), ...policy } as {
    id: string
    label?: string
    onFailure?: 'halt' | 'compensate' | 'go-on'
  }
  if (group.group === 'choose') return buildChoose(builder, group, base)
  if (group.group === 'during') return buildDuring(builder, group, base)
  const children = buildAll(builder, childrenOf(group, builder.expansions))
  for (const child of alwaysOf(group)) builder.always.push(...buildAll(builder, [child]).map((node) => quietly(builder, node)))
  if (group.group === 'fallback') return { type: 'fallback', ...base, children }
  if (group.group !== 'together' && group.group !== 'for-each') return { type: 'sequence', ...base, children }
  return { type: 'together', ...base, children, ...(group.maxParallel === undefined ? {} : { maxParallel: group.maxParallel }) }
}

/** What a list in `always` holds is known only now. */
function quietly(builder: Builder, node: SealedNode): SealedNode {
  for (const { id, risk } of leavesOf(node)) {
    const [worse] = risk.filter((one) => one !== 'none')
    if (worse !== undefined) builder.problems.push(`${id} stands in always and is ${worse}: always may not change the world`)
  }
  return node
}

/** A nested plan that names no policy leaves failures to the plan around it. */
function hasPolicy(group: Group): boolean {
  return group.group === 'plan' ? group.definition?.onFailure !== undefined : group.onFailure !== undefined
}

function buildChoose(builder: Builder, group: Group, base: Pick<SealedGroup, 'id' | 'label' | 'onFailure'>): SealedNode {
  // A branch without anything to do still is a branch.
  const children = group.children.map(
    (child, index): SealedNode => build(builder, child) ?? { type: 'sequence', id: `${base.id}/${index}`, children: [] },
  )
  const conditions = (group.conditions ?? []).map((condition) => (condition === true ? true : sealCondition(builder, group, condition)))
  return { type: 'choose', ...base, children, conditions, names: group.names ?? [] }
}

function sealCondition(builder: Builder, group: Group, condition: Condition): SealedCondition {
  if ('output' in condition) {
    const { inputs } = refer(builder, group, condition.output, 'condition')
    return { test: condition.test, output: inputs[0] ?? '?', value: condition.value }
  }
  if (condition.test === 'not') return { test: 'not', of: sealCondition(builder, group, condition.of) }
  return { test: condition.test, of: condition.of.map((inner) => sealCondition(builder, group, inner)) }
}

function buildDuring(builder: Builder, group: Group, base: Pick<SealedGroup, 'id' | 'label' | 'onFailure'>): SealedNode {
  const [scope, ...body] = buildAll(builder, group.children) as readonly [SealedLeaf, ...SealedNode[]]
  const stopsWriters = (group.children[0] as RollbackStep).traits.stopsWriters === true
  const enter: SealedLeaf = { ...scope, ...(stopsWriters ? { stopsWriters } : {}) }
  const id = `${enter.id} release`
  if (builder.identities.nodeOf.has(id))
    builder.problems.push(`a step is called "${id}", as the leaving of its scope is: give it another { id }`)
  const release: SealedLeaf = { ...scope, type: 'release', id, of: enter.id, canUndo: true, inputs: [] }
  return { type: 'sequence', label: `during ${enter.id}`, ...base, children: [enter, ...body, release] }
}

function refer(
  builder: Builder,
  node: AnyNode,
  options: unknown,
  what: string,
): { readonly json: Json; readonly inputs: readonly string[] } {
  const { json, inputs, problems } = referTo(options, (source) => builder.identities.idOf.get(source))
  const name = `${idIn(builder, node)} ${what}`.trim()
  for (const problem of problems) builder.problems.push(`${name} ${problem}`)
  checkFlow(builder, node, options, name)
  return { json, inputs }
}

function checkFlow(builder: Builder, node: AnyNode, options: unknown, name: string): void {
  const { idOf } = builder.identities
  forEachOutput(options, ({ source, key }) => {
    const producer = source as AnyNode
    if (producer.node === 'query' || idOf.get(producer) === undefined) return
    const why = whyNotYet(producer, node, builder.layout.places)
    if (why !== undefined) builder.problems.push(`${name} uses ${idOf.get(producer)}.${key} too early: ${why}`)
  })
}

function buildLeaf(builder: Builder, node: Exclude<AnyNode, Group | { node: 'query' }>): SealedLeaf {
  const id = idIn(builder, node)
  const { json, inputs } = refer(builder, node, optionsOf(node), '')
  if (node.node === 'notice' && inputs.length === 0 && looksLikeOutput(Object.entries(node.options)))
    builder.problems.push(`${id} options: a message with nothing but "output" stands for an output: add another field`)
  const facts = factsOf(node)
  const { type, kind, target } = facts
  return {
    ...facts,
    id,
    hash: hashOf({ type, kind, target, options: json, timeoutMs: facts.timeoutMs, attempts: facts.attempts }),
    inputs,
    options: json,
  } as SealedLeaf
}

type LeafFacts = Omit<SealedLeaf, 'id' | 'hash' | 'inputs' | 'options'>

const quiet = { risk: ['none'], canUndo: false, idempotency: 'natural' } as const

const ms = (duration: Duration | undefined, fallback: Duration): number => durationMs(duration ?? fallback)

function factsOf(node: Exclude<AnyNode, Group | { node: 'query' }>): LeafFacts {
  switch (node.node) {
    case 'step':
      return stepFacts(node)
    case 'require': {
      const target = node.checks.map((check) => check.target.name).join(' ')
      return { type: 'require', kind: 'require', target, ...quiet, forMs: 0, deadlineMs: 60_000, everyMs: 2000 }
    }
    case 'observe':
      return observeFacts(node)
    case 'gate':
      return { type: 'gate', kind: `gate.${node.options.gate}`, target: node.name, ...quiet, gate: node.options }
    case 'notice':
      return { type: 'notice', kind: node.kind, target: node.kind, ...quiet }
  }
}

function stepFacts(step: RollbackStep): LeafFacts {
  const { kind, target, risk, traits, settings } = step
  return {
    type: 'step',
    kind,
    target: `${target.system}:${target.name}`,
    risk,
    canUndo: step.compensate !== undefined,
    idempotency: traits.idempotency,
    fencing: traits.fencing,
    ...(traits.layer === undefined ? {} : { layer: traits.layer }),
    timeoutMs: ms(settings.timeout, '5m'),
    attempts: settings.attempts ?? (traits.idempotency === 'none' ? 1 : 3),
  }
}

function observeFacts({ options }: Observe): LeafFacts {
  const { for: healthyFor, deadline, every, checks, name } = options
  const target = name ?? checks.map((check) => check.target.name).join(' ')
  const times = { forMs: ms(healthyFor, '0s'), deadlineMs: durationMs(deadline), everyMs: ms(every, '5s') }
  return { type: 'observe', kind: 'observe', target, ...quiet, ...times }
}
