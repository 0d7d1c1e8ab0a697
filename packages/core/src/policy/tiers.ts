import { optionError } from './option-error.ts'
import { showQuantity, type QuantityUnit } from './quantity.ts'
import { isEmpty, isWithin, lowerOf, meeting, upperOf, type Bound, type Range } from './tier-range.ts'

export interface TierDefinition<N extends string> {
  /** What is measured: `error rate`. */
  readonly of: string
  readonly unit: QuantityUnit
  /** The smallest value that can be measured. What lies below it is no measurement. Default 0. */
  readonly start?: number
  /** In any order. Together they must cover the scale from its start, without a gap and without an overlap. Two may have the same name. */
  readonly tiers: readonly (Range & { readonly name: N extends 'unknown' ? never : N })[]
}

/** A scale where every value belongs to exactly one tier. */
export interface Tiers<N extends string> {
  readonly of: string
  readonly unit: QuantityUnit
  /** From the lowest to the highest. */
  readonly tiers: readonly (Range & { readonly name: N })[]
  /**
   * The tier of a value. `unknown` for what is no measurement: `undefined`, `null`, `NaN`, an infinite value, or one below the start of the
   * scale. No data is never a tier, so it can neither pass nor trigger anything.
   */
  tierOf(value: number | null | undefined): N | 'unknown'
  /** The range in words: `5 % to 10 %`. */
  describe(name: N): string
}

/**
 * Makes a scale of tiers.
 *
 * @throws RollbackError `OPTIONS_INVALID` for a gap or an overlap, naming it ("1 % up to 2 % belongs to no tier"), for an empty range, and
 * for a tier that is called `unknown`.
 */
export function defineTiers<const N extends string>(definition: TierDefinition<N>): Tiers<N> {
  const { of, unit, start = 0 } = definition
  const where = `tiers of ${of}`
  const tiers = (definition.tiers as readonly (Range & { readonly name: N })[]).toSorted((one, other) => order(one, other, start))
  checkEach(where, unit, start, tiers)
  checkCover(where, unit, start, tiers)
  return Object.freeze({
    of,
    unit,
    tiers,
    tierOf: (value: number | null | undefined) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'unknown' as const
      return tiers.find((tier) => isWithin(tier, start, value))?.name ?? ('unknown' as const)
    },
    describe: (name: N) =>
      tiers
        .filter((tier) => tier.name === name)
        .map((tier) => describeRange(tier, unit, start))
        .join(', '),
  })
}

function order(one: Range, other: Range, start: number): number {
  const lower = lowerOf(one, start)
  const next = lowerOf(other, start)
  return lower.at - next.at || Number(next.isIn) - Number(lower.isIn)
}

function checkEach(where: string, unit: QuantityUnit, start: number, tiers: readonly (Range & { readonly name: string })[]): void {
  if (tiers.length === 0) throw optionError(`${where}: there is none`, 'Name at least one tier.')
  for (const tier of tiers) {
    const lower = lowerOf(tier, start)
    const upper = upperOf(tier)
    if (tier.name === 'unknown') throw optionError(`${where}: "unknown" means that there is no data`, 'Give the tier another name.')
    const ends: Readonly<Partial<Record<'from' | 'above' | 'upTo' | 'below', number>>> = tier
    if ((ends.from !== undefined && ends.above !== undefined) || (ends.upTo !== undefined && ends.below !== undefined)) {
      throw optionError(`${where}: ${tier.name} has the same end twice`, 'Use from or above, and upTo or below.')
    }
    if (Number.isNaN(lower.at) || Number.isNaN(upper.at))
      throw optionError(`${where}: an end of ${tier.name} is no number`, 'Write the ends as numbers.')
    if (isEmpty(lower, upper))
      throw optionError(`${where}: ${tier.name} holds no value (${describeRange(tier, unit, start)})`, 'Write the smaller end first.')
    if (lower.at < start)
      throw optionError(
        `${where}: ${tier.name} begins below ${showQuantity(start, unit)}`,
        'Set start to the smallest value that can be measured.',
      )
  }
}

function checkCover(where: string, unit: QuantityUnit, start: number, tiers: readonly (Range & { readonly name: string })[]): void {
  let covered: Bound = { at: start, isIn: false }
  let before: string | undefined
  for (const tier of tiers) {
    const lower = lowerOf(tier, start)
    const how = meeting(covered, lower)
    if (how === 'gap')
      throw optionError(`${where}: ${describeGap(covered, lower, unit)} belongs to no tier`, 'Extend a neighbour, or add a tier for it.')
    if (how === 'overlap') {
      const upper = earlier(covered, upperOf(tier))
      throw optionError(
        `${where}: ${describeGap({ at: lower.at, isIn: !lower.isIn }, { at: upper.at, isIn: !upper.isIn }, unit)} belongs to ${before} and to ${tier.name}`,
        'Let one begin where the other ends.',
      )
    }
    covered = upperOf(tier)
    before = tier.name
  }
  if (Number.isFinite(covered.at)) {
    const gap = describeGap(covered, { at: Number.POSITIVE_INFINITY, isIn: false }, unit)
    throw optionError(`${where}: ${gap} belongs to no tier`, `Leave the upper end of ${before} open.`)
  }
}

function earlier(one: Bound, other: Bound): Bound {
  if (one.at !== other.at) return one.at < other.at ? one : other
  return one.isIn ? other : one
}

/** What lies between the end of one range and the beginning of the next. */
function describeGap(end: Bound, next: Bound, unit: QuantityUnit): string {
  if (end.at === next.at) return `exactly ${showQuantity(end.at, unit)}`
  if (next.at === Number.POSITIVE_INFINITY)
    return `everything ${end.isIn ? 'above' : 'from'} ${showQuantity(end.at, unit)}${end.isIn ? '' : ' on'}`
  return `${end.isIn ? 'above ' : ''}${showQuantity(end.at, unit)} ${next.isIn ? 'to below' : 'to'} ${showQuantity(next.at, unit)}`
}

function describeRange(range: Range, unit: QuantityUnit, start: number): string {
  const lower = lowerOf(range, start)
  const upper = upperOf(range)
  const hasLower = range.from !== undefined || range.above !== undefined
  if (!Number.isFinite(upper.at)) return hasLower ? `${lower.isIn ? 'from' : 'above'} ${showQuantity(lower.at, unit)}` : 'every value'
  const end = `${upper.isIn ? 'up to' : 'below'} ${showQuantity(upper.at, unit)}`
  return hasLower ? `${lower.isIn ? 'from' : 'above'} ${showQuantity(lower.at, unit)} ${end}` : end
}
