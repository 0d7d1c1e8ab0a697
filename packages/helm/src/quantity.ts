const binary: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 }
const decimal: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 }

/**
 * An amount of a resource as a number: `500m`, `0.5`, `1Gi`, `1e3`. The API server writes amounts in a form of its own, so texts differ where
 * amounts are equal. `undefined` for anything else.
 */
export function quantityOf(value: unknown): number | undefined {
  const [, number, suffix] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkKMGTPE]i?|)$/.exec(String(value)) ?? []
  const factor = suffix === undefined ? undefined : (binary[suffix] ?? decimal[suffix])
  if (number === undefined || factor === undefined) return undefined
  const amount = Number(number) * factor
  return Number.isFinite(amount) ? amount : undefined
}

/** Equal amounts, apart from what the arithmetic of this machine rounds. */
export function isSameQuantity(one: unknown, other: unknown): boolean {
  const [first, second] = [quantityOf(one), quantityOf(other)]
  if (first === undefined || second === undefined) return false
  return Math.abs(first - second) <= 1e-9 * Math.max(Math.abs(first), Math.abs(second))
}
