import { formatDuration } from '../contract/duration.ts'
import type { Json } from '../contract/json.ts'
import { isGroup, leavesOf, type SealedChoose, type SealedGroup, type SealedLeaf, type SealedNode } from '../seal/sealed-plan.ts'
import { quorumText } from './people-section.ts'
import { branchStates, type BranchState } from './preview-tree.ts'
import type { Preview, PreviewedRequire, PreviewedStep } from './preview.ts'
import { stepItem } from './step-item.ts'
import { item, type TreeItem } from './step-tree.ts'
import { branchText, count, type Entry } from './wording.ts'

interface Shown {
  readonly preview: Preview
  readonly steps: ReadonlyMap<string, PreviewedStep>
  readonly requires: ReadonlyMap<string, PreviewedRequire>
}

/** The plan as a tree of what is shown; groups that say nothing are left out. */
export function planItems(preview: Preview): readonly TreeItem[] {
  const { tree } = preview.plan
  const shown = shownOf(preview)
  return isGroup(tree) && tree.type === 'sequence' ? tree.children.flatMap((child) => itemsOf(child, shown)) : itemsOf(tree, shown)
}

/** What runs at every end, however the plan went. */
export function alwaysItems(preview: Preview): readonly TreeItem[] {
  const shown = shownOf(preview)
  return preview.plan.always.flatMap((node) => itemsOf(node, shown))
}

function shownOf(preview: Preview): Shown {
  return {
    preview,
    steps: new Map(preview.steps.map((step) => [step.id, step])),
    requires: new Map(preview.requires.map((one) => [one.id, one])),
  }
}

function itemsOf(node: SealedNode, shown: Shown): readonly TreeItem[] {
  if (!isGroup(node)) return [leafItem(node, shown)]
  if (node.type === 'choose') return chooseItems(node, shown)
  if (node.type === 'fallback')
    return [item('the first of these that works', { children: node.children.map((child, index) => alternative(child, index, shown)) })]
  const children = node.children.flatMap((child) => itemsOf(child, shown))
  const title = groupTitle(node)
  return title === undefined ? children : [item(title, { children })]
}

function groupTitle(group: SealedGroup): string | undefined {
  const name = group.label
  const policy =
    group.onFailure === undefined
      ? ''
      : {
          halt: 'stops here when it fails',
          compensate: 'put back when it fails',
          'go-on': 'optional: put back and left out when it fails',
        }[group.onFailure]
  if (group.type === 'together')
    return group.maxParallel === undefined ? 'at the same time' : `at the same time, at most ${group.maxParallel}`
  if (name === undefined) return policy === '' ? undefined : policy
  return policy === '' ? name : `${name} (${policy})`
}

function alternative(child: SealedNode, index: number, shown: Shown): TreeItem {
  return item(index === 0 ? 'first' : `only if ${index === 1 ? 'that' : 'each before it'} fails`, { children: itemsOf(child, shown) })
}

function chooseItems(choose: SealedChoose, shown: Shown): readonly TreeItem[] {
  const states = branchStates(choose, shown.preview.plan.values)
  return choose.children.map((child, index) => branchItem(choose, child, index, states[index] ?? 'open', shown))
}

function branchItem(choose: SealedChoose, child: SealedNode, index: number, state: BranchState, shown: Shown): TreeItem {
  const condition = branchText(choose, index)
  if (state === 'not-taken') {
    const steps = leavesOf(child).filter(({ type }) => type === 'step').length
    return item(`not taken: ${condition} (${count(steps, 'step')})`, { state: 'not-taken' })
  }
  const children = itemsOf(child, shown)
  return item(state === 'taken' ? condition.replace(/^if /, 'since ') : condition, {
    children: children.length === 0 ? [item('nothing is done')] : children,
  })
}

function leafItem(leaf: SealedLeaf, shown: Shown): TreeItem {
  switch (leaf.type) {
    case 'step':
      return stepItem(leaf, shown.steps.get(leaf.id))
    case 'release':
      return item(`leave ${leaf.of ?? leaf.id}`)
    case 'require':
      return item(leaf.id, { notes: [requireNote(shown.requires.get(leaf.id))] })
    case 'observe':
      return item(`${leaf.id}: ${observeText(leaf)}`)
    case 'gate':
      return item(leaf.id, { notes: gateNotes(leaf) })
    case 'notice':
      return item(`tell ${leaf.id}${noticeText(leaf.options)}`)
  }
}

function requireNote(one: PreviewedRequire | undefined): Entry {
  if (one === undefined || one.status === 'later') return { text: 'asked when it is reached' }
  if (one.status === 'healthy')
    return {
      text: `holds${one.evidence.length === 0 ? '' : `: ${one.evidence.map(({ what, value }) => `${what} ${value}`).join(', ')}`}`,
      weight: 'good',
    }
  return { text: `does not hold (${one.status})${one.detail === undefined ? '' : `: ${one.detail}`}`, weight: 'bad' }
}

function observeText({ forMs = 0, deadlineMs = 0 }: SealedLeaf): string {
  return `${forMs === 0 ? 'healthy once' : `healthy for ${formatDuration(forMs)}`}, given up after ${formatDuration(deadlineMs)}`
}

function gateNotes({ gate }: SealedLeaf): readonly Entry[] {
  if (gate === undefined) return []
  if (gate.gate === 'approval') return [{ text: `approval by ${quorumText(gate)}` }]
  return [{ text: gate.gate === 'manual-check' ? `${gate.role} checks ${count(gate.checklist.length, 'point')}` : `${gate.role} decides` }]
}

/** Short values only: the message itself stands in the JSON. */
function noticeText(options: Json): string {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return ''
  const pairs = Object.entries(options).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [`${key} ${value}`] : [],
  )
  const shown = pairs.slice(0, 3)
  return shown.length === 0 ? '' : ` (${shown.join(', ')})`
}
