import { isGroupShape, leafShapes, type GroupShape, type LeafShape, type Shape } from './shape.ts'
import type { Risk, SealedLeaf, SealedNode, SealedPlan } from '../../../src/index.ts'

/** Reads and effects of the model take no time, so a leaf that cannot be seen is given up after a few looks. */
export const timeoutMs = 1000

/** The sealed plan of a shape, made without any step code. */
export function sealedPlanOf(shape: Shape, onFailure: 'halt' | 'compensate'): SealedPlan {
  const count = { groups: 0 }
  const tree = nodeOf(shape, count)
  const root: SealedNode = 'children' in tree ? tree : { type: 'sequence', id: 'root', children: [tree] }
  const values = { query: { always: 'yes' } }
  const report: SealedLeaf = {
    ...plain('report'),
    type: 'notice',
    kind: 'model.report',
    risk: ['none'],
    canUndo: false,
    idempotency: 'natural',
  }
  return {
    format: 'backstep-plan/v1',
    name: 'model',
    onFailure,
    tree: root,
    always: [report],
    values,
    hash: `plan ${leafShapes(shape).length}`,
  }
}

function nodeOf(shape: Shape, count: { groups: number }): SealedNode {
  return isGroupShape(shape) ? groupOf(shape, count) : leafOf(shape)
}

function groupOf(shape: GroupShape, count: { groups: number }): SealedNode {
  const policy = shape.policy === undefined ? {} : { onFailure: shape.policy }
  const base = { id: `group ${count.groups++}`, ...policy, children: shape.children.map((child) => nodeOf(child, count)) }
  switch (shape.group) {
    case 'together':
      return { type: 'together', ...base, ...(shape.limit === undefined ? {} : { maxParallel: shape.limit }) }
    case 'choose': {
      const conditions = shape.children.map(
        (_, index) => ({ test: 'is', output: 'query.always', value: index === shape.taken ? 'yes' : 'no' }) as const,
      )
      return { type: 'choose', ...base, conditions, names: [] }
    }
    case 'during': {
      const enter = base.children[0] as SealedLeaf
      const release: SealedLeaf = { ...enter, type: 'release', id: `${enter.id} release`, of: enter.id, canUndo: true }
      return { type: 'sequence', ...base, children: [{ ...enter, stopsWriters: true }, ...base.children.slice(1), release] }
    }
    default:
      return { type: shape.group, ...base }
  }
}

function leafOf({ leaf, name, idempotency = 'natural', isCut = false }: LeafShape): SealedLeaf {
  const risk: readonly Risk[] = isCut ? ['point-of-no-return'] : ['reversible', 'data-loss']
  switch (leaf) {
    case 'step':
      return {
        ...plain(name),
        idempotency,
        type: 'step',
        kind: 'model.step',
        risk,
        canUndo: !isCut,
        timeoutMs,
        attempts: idempotency === 'none' ? 1 : 3,
      }
    case 'gate':
      return {
        ...plain(name),
        idempotency,
        type: 'gate',
        kind: 'gate.manual-check',
        risk: ['none'],
        canUndo: false,
        gate: { gate: 'manual-check', name, role: 'team', checklist: [], timeout: '1h' },
      }
    case 'observe':
      return {
        ...plain(name),
        idempotency,
        type: 'observe',
        kind: 'observe',
        risk: ['none'],
        canUndo: false,
        forMs: 1000,
        deadlineMs: 4000,
        everyMs: 1000,
      }
  }
}

const plain = (name: string): Pick<SealedLeaf, 'id' | 'hash' | 'target' | 'inputs' | 'options'> => ({
  id: name,
  hash: `hash of ${name}`,
  target: name,
  inputs: [],
  options: null,
})
