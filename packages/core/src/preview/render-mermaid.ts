import { formatDuration } from '../contract/duration.ts'
import { isExhaustive } from '../lint/flow.ts'
import { isGroup, type SealedChoose, type SealedGroup, type SealedLeaf, type SealedNode, type SealedPlan } from '../seal/sealed-plan.ts'
import { mermaidLabel } from './mermaid-label.ts'
import { branchStates, type BranchState } from './preview-tree.ts'
import type { Preview, PreviewedStep } from './preview.ts'
import { branchText } from './wording.ts'

/** Where a part of the graph is entered and left. */
interface Ends {
  readonly entry: string
  readonly exit: string
}

interface Drawing {
  readonly plan: SealedPlan
  readonly states: ReadonlyMap<string, PreviewedStep['state']>
  readonly lines: string[]
  next: number
}

const classes = [
  'classDef change fill:#fff4d6,stroke:#b7791f',
  'classDef hazard fill:#fde2e2,stroke:#c53030',
  'classDef noReturn fill:#c53030,stroke:#742a2a,color:#ffffff',
  'classDef ask fill:#e0ecff,stroke:#2b6cb0',
  'classDef look fill:#e3f6e5,stroke:#2f855a',
  'classDef quiet fill:#f4f4f4,stroke:#a0a0a0,color:#707070',
]

/**
 * The graph of a plan as a Mermaid flowchart: order, what runs beside each other, alternatives, branches, scopes, gates, and points of no
 * return. With a preview, steps that are unchanged, late, refused or not taken are marked.
 *
 * Ids are made here (`n0`, `n1`, …), and every character of a label that could mean something to Mermaid is written as an entity, so no name
 * can add to the graph.
 */
export function renderPlanMermaid(of: SealedPlan | Preview): string {
  const plan = of.format === 'backstep-preview/v1' ? of.plan : of
  const states = new Map(of.format === 'backstep-preview/v1' ? of.steps.map(({ id, state }) => [id, state] as const) : [])
  const drawing: Drawing = { plan, states, lines: [], next: 0 }
  const start = add(drawing, `(["${mermaidLabel(`plan ${plan.name}`)}"])`)
  const body = isGroup(plan.tree) ? drawGroup(drawing, plan.tree) : drawLeaf(drawing, plan.tree)
  const end = add(drawing, '(["end"])')
  connect(drawing, start, body.entry)
  connect(drawing, body.exit, end)
  return ['flowchart TD', ...drawing.lines, ...classes].join('\n  ').concat('\n')
}

function add(drawing: Drawing, shape: string, className?: string): string {
  const id = `n${drawing.next++}`
  drawing.lines.push(`${id}${shape}${className === undefined ? '' : `:::${className}`}`)
  return id
}

function connect(drawing: Drawing, from: string, to: string, label?: string): void {
  drawing.lines.push(label === undefined ? `${from} --> ${to}` : `${from} -- "${mermaidLabel(label)}" --> ${to}`)
}

function draw(drawing: Drawing, node: SealedNode): Ends {
  if (!isGroup(node)) return drawLeaf(drawing, node)
  if (node.label === undefined && node.onFailure === undefined) return drawGroup(drawing, node)
  const title = [
    node.label ?? '',
    ...(node.onFailure === 'go-on' ? ['optional'] : node.onFailure === undefined ? [] : [`on failure: ${node.onFailure}`]),
  ]
  drawing.lines.push(`subgraph g${drawing.next++} ["${mermaidLabel(title.filter((part) => part !== '').join(', '))}"]`)
  const ends = drawGroup(drawing, node)
  drawing.lines.push('end')
  return ends
}

function drawGroup(drawing: Drawing, group: SealedGroup): Ends {
  switch (group.type) {
    case 'sequence':
      return drawSequence(drawing, group)
    case 'together':
      return drawTogether(drawing, group.children, group.maxParallel)
    case 'fallback':
      return drawFallback(drawing, group.children)
    case 'choose':
      return drawChoose(drawing, group)
  }
}

function drawSequence(drawing: Drawing, { children }: SealedGroup): Ends {
  const drawn = children.map((child) => draw(drawing, child))
  for (const [index, ends] of drawn.slice(1).entries()) connect(drawing, (drawn[index] as Ends).exit, ends.entry)
  const [first, last] = [drawn[0], drawn.at(-1)]
  if (first !== undefined && last !== undefined) return { entry: first.entry, exit: last.exit }
  const nothing = add(drawing, '["nothing"]', 'quiet')
  return { entry: nothing, exit: nothing }
}

function drawTogether(drawing: Drawing, children: readonly SealedNode[], maxParallel: number | undefined): Ends {
  const entry = add(drawing, `[/"${maxParallel === undefined ? 'at the same time' : `at the same time, at most ${maxParallel}`}"\\]`)
  const drawn = children.map((child) => draw(drawing, child))
  const exit = add(drawing, '[\\"all done"/]')
  for (const ends of drawn) {
    connect(drawing, entry, ends.entry)
    connect(drawing, ends.exit, exit)
  }
  if (drawn.length === 0) connect(drawing, entry, exit)
  return { entry, exit }
}

function drawFallback(drawing: Drawing, children: readonly SealedNode[]): Ends {
  const entry = add(drawing, '(["try in this order"])')
  const drawn = children.map((child) => draw(drawing, child))
  const exit = add(drawing, '(["one worked"])')
  drawn.forEach((ends, index) => {
    const before = drawn[index - 1]
    if (before === undefined) connect(drawing, entry, ends.entry)
    else drawing.lines.push(`${before.exit} -. "failed and put back" .-> ${ends.entry}`)
    connect(drawing, ends.exit, exit)
  })
  if (drawn.length === 0) connect(drawing, entry, exit)
  return { entry, exit }
}

function drawChoose(drawing: Drawing, choose: SealedChoose): Ends {
  const entry = add(drawing, '{"which branch"}')
  const states = branchStates(choose, drawing.plan.values)
  const drawn = choose.children.map((child) => draw(drawing, child))
  const exit = add(drawing, '(["go on"])')
  drawn.forEach((ends, index) => {
    connect(drawing, entry, ends.entry, `${branchText(choose, index)}${stateText(states[index])}`)
    connect(drawing, ends.exit, exit)
  })
  if (!isExhaustive(choose) && !states.includes('taken')) connect(drawing, entry, exit, 'otherwise')
  return { entry, exit }
}

function stateText(state: BranchState | undefined): string {
  return state === 'taken' ? ' (taken)' : state === 'not-taken' ? ' (not taken)' : ''
}

function drawLeaf(drawing: Drawing, leaf: SealedLeaf): Ends {
  const text = (...parts: readonly string[]): string => `"${parts.map(mermaidLabel).join('<br>')}"`
  const made = (shape: string, className?: string): Ends => {
    const id = add(drawing, shape, className)
    return { entry: id, exit: id }
  }
  switch (leaf.type) {
    case 'gate':
      return made(`{{${text(leaf.id)}}}`, 'ask')
    case 'notice':
      return made(`>${text(`tell ${leaf.id}`)}]`, 'quiet')
    case 'require':
      return made(`[/${text(leaf.id)}/]`, 'look')
    case 'observe':
      return made(`[/${text(leaf.id, `healthy for ${formatDuration(leaf.forMs ?? 0)}`)}/]`, 'look')
    case 'release':
      return made(`[${text(`leave ${leaf.of ?? leaf.id}`)}]`, 'change')
    case 'step':
      return drawStep(drawing, leaf, made, text)
  }
}

function drawStep(
  drawing: Drawing,
  leaf: SealedLeaf,
  made: (shape: string, className?: string) => Ends,
  text: (...parts: readonly string[]) => string,
): Ends {
  const state = drawing.states.get(leaf.id)
  const note = state === undefined || state === 'ready' || state === 'alternative' ? [] : [state]
  if (leaf.risk.includes('point-of-no-return')) return made(`[[${text(leaf.id, 'point of no return', ...note)}]]`, 'noReturn')
  if (state === 'not-taken' || state === 'unchanged') return made(`[${text(leaf.id, ...note)}]`, 'quiet')
  if (leaf.risk.includes('data-loss')) return made(`[${text(leaf.id, 'can lose data', ...note)}]`, 'hazard')
  return made(`[${text(leaf.id, ...note)}]`, leaf.risk.includes('reversible') ? 'change' : undefined)
}
