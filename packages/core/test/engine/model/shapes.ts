import { isGroupShape, leafShapes, outline, type GroupShape, type LeafShape, type Shape } from './shape.ts'

const letters = 'abcdefghijklmnopqrstuvwxyz'

/** Every way to compose that many steps, each once: the order in a `together` means nothing, a sequence in a sequence is a sequence. */
export function structures(steps: number): readonly Shape[] {
  return compositions(steps).map((shape) => renamed(shape))
}

const known = new Map<number, readonly Shape[]>()

function compositions(steps: number): readonly Shape[] {
  const found = known.get(steps)
  if (found !== undefined) return found
  const made =
    steps === 1
      ? [leaf]
      : [...groupsOf('sequence', steps), ...groupsOf('together', steps), ...groupsOf('fallback', steps), ...scopesAndBranches(steps)]
  known.set(steps, made)
  return made
}

const leaf: LeafShape = { leaf: 'step', name: '' }

function groupsOf(group: 'sequence' | 'together' | 'fallback', steps: number): readonly Shape[] {
  return childLists(group, steps, 2)
    .filter((children) => group !== 'together' || isSorted(children.map(outline)))
    .map((children): Shape => ({ group, children }))
}

function childLists(group: GroupShape['group'], steps: number, least: number): readonly (readonly Shape[])[] {
  if (steps === 0) return least <= 0 ? [[]] : []
  const lists: (readonly Shape[])[] = []
  for (let first = 1; first <= steps; first++) {
    if (first === steps && least > 1) break
    const heads = compositions(first).filter((head) => !isGroupShape(head) || head.group !== group)
    for (const rest of childLists(group, steps - first, least - 1)) for (const head of heads) lists.push([head, ...rest])
  }
  return lists
}

function isSorted(texts: readonly string[]): boolean {
  return texts.every((text, index) => index === 0 || (texts[index - 1] as string) <= text)
}

function scopesAndBranches(steps: number): readonly Shape[] {
  return compositions(steps - 1).flatMap((body): readonly Shape[] => [
    { group: 'during', children: [leaf, body] },
    { group: 'choose', children: [body, leaf], taken: 0 },
    { group: 'choose', children: [leaf, body], taken: 1 },
  ])
}

/** Leaves named a, b, c … in the order of the plan. */
export function renamed(shape: Shape): Shape {
  let count = 0
  const visit = (node: Shape): Shape =>
    isGroupShape(node) ? { ...node, children: node.children.map(visit) } : { ...node, name: letters[count++] ?? `s${count}` }
  return visit(shape)
}

/** The same plan with one part made optional, or put back when it fails: each part in turn, steps too. */
export function withOnePolicy(shape: Shape, policies: readonly ('halt' | 'compensate' | 'go-on')[]): readonly Shape[] {
  return variants(shape, (node) =>
    policies.map((policy): Shape => (isGroupShape(node) ? { ...node, policy } : { group: 'sequence', policy, children: [node] })),
  )
}

/** The same plan with one special leaf: each leaf in turn. Plans that the combinators refuse are left out. */
export function withOneSpecial(shape: Shape): readonly Shape[] {
  const specials = (node: Shape): readonly Shape[] =>
    isGroupShape(node)
      ? []
      : [
          { ...node, idempotency: 'none' },
          { ...node, isCut: true },
          { leaf: 'gate', name: node.name },
          { leaf: 'observe', name: node.name },
        ]
  return variants(shape, specials).filter(isAllowed)
}

/** A point of no return stands beside nothing; a scope can be left. */
export function isAllowed(shape: Shape): boolean {
  if (!isGroupShape(shape)) return true
  const hasCut = leafShapes(shape).some(({ isCut }) => isCut === true)
  if (hasCut && (shape.group === 'together' || shape.policy === 'go-on')) return false
  const [scope] = shape.children
  if (shape.group === 'during' && (scope === undefined || isGroupShape(scope) || scope.leaf !== 'step' || scope.isCut === true))
    return false
  return shape.children.every(isAllowed)
}

function variants(shape: Shape, change: (node: Shape) => readonly Shape[]): readonly Shape[] {
  if (!isGroupShape(shape)) return change(shape)
  const below = shape.children.flatMap((child, index) =>
    variants(child, change).map((other): Shape => ({ ...shape, children: shape.children.with(index, other) })),
  )
  return [...change(shape), ...below].filter(isAllowed)
}
