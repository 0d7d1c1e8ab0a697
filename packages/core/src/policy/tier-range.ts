/** The lower end of a range: `from` belongs to it, `above` does not. Neither: from the start of the scale. */
export type Lower =
  | { readonly from: number; readonly above?: never }
  | { readonly above: number; readonly from?: never }
  | { readonly from?: never; readonly above?: never }

/** The upper end of a range: `upTo` belongs to it, `below` does not. Neither: to the end of the scale. */
export type Upper =
  | { readonly upTo: number; readonly below?: never }
  | { readonly below: number; readonly upTo?: never }
  | { readonly upTo?: never; readonly below?: never }

/** A part of a scale, written as people say it: `{ above: 0.1 }`, `{ from: 0.05, upTo: 0.1 }`, `{ below: 0.01 }`. */
export type Range = Lower & Upper

/** One end of a range. */
export interface Bound {
  readonly at: number
  /** Whether the value itself belongs to the range. */
  readonly isIn: boolean
}

/** The ends of a range on a scale that starts at `start`. */
export function lowerOf(range: Range, start: number): Bound {
  if (range.from !== undefined) return { at: range.from, isIn: true }
  if (range.above !== undefined) return { at: range.above, isIn: false }
  return { at: start, isIn: true }
}

/** See `lowerOf`. A range without an upper end goes on for ever. */
export function upperOf(range: Range): Bound {
  if (range.upTo !== undefined) return { at: range.upTo, isIn: true }
  if (range.below !== undefined) return { at: range.below, isIn: false }
  return { at: Number.POSITIVE_INFINITY, isIn: true }
}

/** True when the value belongs to the range. */
export function isWithin(range: Range, start: number, value: number): boolean {
  const lower = lowerOf(range, start)
  const upper = upperOf(range)
  return (value > lower.at || (lower.isIn && value === lower.at)) && (value < upper.at || (upper.isIn && value === upper.at))
}

/** True when no value can belong to the range. */
export function isEmpty(lower: Bound, upper: Bound): boolean {
  return !(lower.at < upper.at || (lower.at === upper.at && lower.isIn && upper.isIn))
}

/** How two neighbours on the scale meet. */
export function meeting(upper: Bound, next: Bound): 'gap' | 'overlap' | 'seamless' {
  if (upper.at !== next.at) return upper.at < next.at ? 'gap' : 'overlap'
  if (upper.isIn && next.isIn) return 'overlap'
  return upper.isIn || next.isIn ? 'seamless' : 'gap'
}
