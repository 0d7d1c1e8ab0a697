import { risksForPeople } from '../policy/decision.ts'

/** A risk that needs a person, and the node that carries it. */
export interface FoundRisk {
  readonly risk: string
  readonly where: string
}

/**
 * The first risk inside a plan that no machine may take, found by walking over everything the plan holds: its own `risk`, that of every
 * node below it, and the promises of each step. A value that is no plan, or a node without a list of risks, counts as the worst, since
 * what cannot be read cannot be trusted.
 */
export function worstInside(run: unknown): FoundRisk | undefined {
  if (!isRecord(run) || run['node'] !== 'group' || run['group'] !== 'plan') return { risk: 'an unknown risk', where: 'run is no plan' }
  const open: Readonly<Record<string, unknown>>[] = [run]
  const seen = new Set<unknown>(open)
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const found = riskOf(node)
    if (found !== undefined) return found
    for (const child of childrenOf(node)) {
      if (seen.has(child)) continue
      seen.add(child)
      if (!isRecord(child)) return { risk: 'an unknown risk', where: `${labelOf(node)} holds something that is no node` }
      open.push(child)
    }
  }
  return undefined
}

function riskOf(node: Readonly<Record<string, unknown>>): FoundRisk | undefined {
  const where = labelOf(node)
  if (!Array.isArray(node['risk'])) return { risk: 'an unknown risk', where }
  const traits = isRecord(node['traits']) ? [node['traits']['risk']].flat() : []
  const [risk] = risksForPeople([...(node['risk'] as readonly unknown[]), ...traits].map(String))
  return risk === undefined ? undefined : { risk, where }
}

function childrenOf(node: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { children, definition } = node
  const inDefinition = isRecord(definition) ? [definition['steps'], definition['always']].flat() : []
  return [...(Array.isArray(children) ? (children as readonly unknown[]) : []), ...inDefinition.filter((child) => child !== undefined)]
}

function labelOf(node: Readonly<Record<string, unknown>>): string {
  const { kind, target, name, group } = node
  if (typeof kind === 'string') return isRecord(target) ? `${kind}@${String(target['name'])}` : kind
  return typeof name === 'string' ? `${String(group)} ${name}` : String(group ?? node['node'])
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
