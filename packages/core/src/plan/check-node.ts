import { RollbackError } from '../contract/errors.ts'

const kinds: ReadonlySet<unknown> = new Set(['step', 'query', 'require', 'observe', 'gate', 'notice', 'group'])

/**
 * Refuses what is no node of a plan: for plain JavaScript and casts, where the types do not.
 *
 * @throws RollbackError `PLAN_INVALID`, naming the place and what was found there.
 */
export function checkNodes(where: string, nodes: readonly unknown[]): void {
  const index = nodes.findIndex((node) => !isNode(node))
  if (index === -1) return
  const [what, hint] = mistakeOf(nodes[index])
  throw new RollbackError(
    'PLAN_INVALID',
    `${where}: ${nodes.length === 1 ? 'it holds' : `number ${index + 1} is`} ${what}, which is no node of a plan`,
    { hint },
  )
}

/** The same for the checks of `require` and `observe`. */
export function checkChecks(where: string, checks: readonly unknown[]): void {
  const wrong = checks.find((check) => !isObject(check) || typeof check['sample'] !== 'function')
  if (checks.length > 0 && wrong === undefined && !checks.includes(undefined)) return
  const message = checks.length === 0 ? 'needs at least one check' : `was given ${mistakeOf(wrong)[0]}, which is no check`
  throw new RollbackError('PLAN_INVALID', `${where} ${message}`, {
    hint: 'Pass what a check factory returned, one argument or list entry per check.',
  })
}

function isNode(node: unknown): boolean {
  return isObject(node) && kinds.has(node['node']) && Array.isArray(node['risk'])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** What people pass by mistake, and what they meant. */
function mistakeOf(value: unknown): readonly [what: string, hint: string] {
  if (typeof value === 'function') return ['a function', 'Call the factory with its options.']
  if (Array.isArray(value)) return ['a list', 'Spread it: sequence(...nodes).']
  if (!isObject(value)) return [String(value), 'Pass steps, gates, checks in require or observe, plans, or compositions of them.']
  if (typeof value['sample'] === 'function') return ['a check', 'Wrap it in require(check) or observe({ checks: [check], … }).']
  if (typeof value['build'] === 'function') return ['a plan template', 'Build it: template.build(input).']
  return ['an object', 'Pass steps, gates, checks in require or observe, plans, or compositions of them.']
}
