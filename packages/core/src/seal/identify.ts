import type { Query } from '../contract/nodes.ts'
import type { AnyNode } from '../plan/group.ts'
import { hashOf } from './canonical.ts'
import type { Layout, Place } from './layout.ts'

/** Names of everything in the plan. */
export interface Identities {
  readonly idOf: ReadonlyMap<object, string>
  readonly nodeOf: ReadonlyMap<string, AnyNode>
  readonly problems: readonly string[]
}

/** Gives every node its id. Steps keep theirs when the plan is edited elsewhere; two steps of one name are refused, never numbered. */
export function identify(layout: Layout, queryIds: ReadonlyMap<Query, string>): Identities {
  const idOf = new Map<object, string>(queryIds)
  const nodeOf = new Map<string, AnyNode>([...queryIds].map(([query, id]) => [id, query]))
  const problems = layout.usedTwice.map((node) => `${describe(node)} is used twice in the plan: call its factory once per use`)
  const counts = new Map<string, number>()
  layout.order.forEach((node, ordinal) => {
    const place = layout.places.get(node) as Place
    let id = place.path + nameOf(node, ordinal)
    if (nodeOf.has(id)) {
      if (node.node === 'step' || node.node === 'gate')
        problems.push(`two nodes are called "${id}": give one of them { id }${node.node === 'gate' ? ' by another name' : ''}`)
      const count = (counts.get(id) ?? 1) + 1
      counts.set(id, count)
      id = `${id}#${count}`
    }
    idOf.set(node, id)
    nodeOf.set(id, node)
  })
  return { idOf, nodeOf, problems }
}

function nameOf(node: AnyNode, ordinal: number): string {
  switch (node.node) {
    case 'step':
      return node.settings.id ?? `${node.kind}@${node.target.name}`
    case 'require':
      return `require ${node.checks.map((check) => `${check.kind}@${check.target.name}`).join(' ')}`
    case 'observe':
      return `observe ${node.options.name ?? node.options.checks.map((check) => check.kind).join(' ')}`
    case 'gate':
      return `gate ${node.name}`
    case 'notice':
      return node.kind
    case 'query':
      return `${node.kind}@${node.target.name}`
    case 'group':
      return `${node.group}:${ordinal}`
  }
}

export function describe(node: AnyNode): string {
  if (node.node === 'group') return node.name === undefined ? `a ${node.group}` : `${node.group} ${node.name}`
  return nameOf(node, 0)
}

/** Queries of one kind and target with the same options share one answer; with other options they get a name of their own. */
export function queryId(query: Query, sealedOptions: unknown, taken: ReadonlyMap<string, string>): string {
  const plain = `${query.kind}@${query.target.name}`
  const hash = hashOf(sealedOptions)
  const other = taken.get(plain)
  return other === undefined || other === hash ? plain : `${plain} (${hash.slice(0, 8)})`
}
