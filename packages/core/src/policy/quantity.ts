/** What a number is: a share from 0 to 1, milliseconds, or a plain count. */
export type QuantityUnit = 'share' | 'ms' | 'count'

/** A number for people: `5 %`, `500 ms`, `3`. */
export function showQuantity(value: number, unit: QuantityUnit): string {
  if (unit === 'share') return `${Number((value * 100).toPrecision(6))} %`
  return unit === 'ms' ? `${value} ms` : String(value)
}
