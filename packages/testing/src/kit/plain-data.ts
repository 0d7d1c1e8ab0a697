/** Every place in a value that JSON would not give back as it was. Left out fields (`undefined`) are given back as left out. */
export function notPlainIn(value: unknown, place: string): readonly string[] {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return []
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${place} is ${value}`]
  if (typeof value !== 'object') return [`${place} is a ${typeof value}`]
  if (Array.isArray(value)) return value.flatMap((member, index) => notPlainIn(member, `${place}[${index}]`))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return [`${place} is a ${value.constructor.name}`]
  const symbols = Object.getOwnPropertySymbols(value).map((symbol) => `${place} has the field ${String(symbol)}`)
  return [
    ...symbols,
    ...Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : notPlainIn(member, `${place}.${key}`))),
  ]
}
