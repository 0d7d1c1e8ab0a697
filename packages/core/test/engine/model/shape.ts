/** A plan as the exploration sees it: structure only. Names are the ids of the leaves. */
export type Shape = LeafShape | GroupShape

export interface LeafShape {
  readonly leaf: 'step' | 'gate' | 'observe'
  readonly name: string
  readonly idempotency?: 'natural' | 'none'
  /** A point of no return. */
  readonly isCut?: boolean
}

export interface GroupShape {
  readonly group: 'sequence' | 'together' | 'fallback' | 'choose' | 'during'
  readonly children: readonly Shape[]
  /** `choose`: the branch that its condition takes. */
  readonly taken?: number
  /** `together`: at most so many at a time. */
  readonly limit?: number
  readonly policy?: 'halt' | 'compensate' | 'go-on'
}

export function isGroupShape(shape: Shape): shape is GroupShape {
  return 'group' in shape
}

export function leafShapes(shape: Shape): readonly LeafShape[] {
  return isGroupShape(shape) ? shape.children.flatMap(leafShapes) : [shape]
}

/** One line for people: `sequence(a, optional together(b!, c))`; `!` is a point of no return, `1` a step that may run once only. */
export function outline(shape: Shape): string {
  if (!isGroupShape(shape)) {
    const marks = `${shape.isCut === true ? '!' : ''}${shape.idempotency === 'none' ? '1' : ''}`
    return shape.leaf === 'step' ? shape.name + marks : `${shape.leaf} ${shape.name}`
  }
  const policy = shape.policy === undefined ? '' : shape.policy === 'go-on' ? 'optional ' : `${shape.policy} `
  const detail = shape.group === 'choose' ? ` ${shape.taken}` : shape.limit === undefined ? '' : ` ${shape.limit}`
  return `${policy}${shape.group}${detail}(${shape.children.map(outline).join(', ')})`
}
