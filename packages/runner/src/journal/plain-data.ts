import { RollbackError } from '@backstep/core'

/**
 * Refuses what would not come back from JSON as it went in: a `Date`, a `Map`, a class instance, `NaN`, a function. Left-out fields
 * (`undefined`) are fine in objects, since reading them back gives the same.
 *
 * @throws RollbackError `INTERNAL`, naming the field.
 */
export function assertPlainData(value: unknown, path: string): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(path, `the number ${value}`)
    return
  }
  if (typeof value !== 'object') refuse(path, value === undefined ? 'undefined' : `a ${typeof value}`)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) assertPlainData(value[index], `${path}[${index}]`)
    return
  }
  if (!isPlainObject(value)) refuse(path, `an object of class ${value.constructor?.name ?? 'unknown'}`)
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    if (field !== undefined) assertPlainData(field, `${path}.${key}`)
  }
}

/** Also for an object of another realm, whose `Object` is not ours. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function refuse(path: string, what: string): never {
  throw new RollbackError('INTERNAL', `${path} cannot be journalled: it is ${what}, which would not come back the same`, {
    hint: 'Return plain data from this step: text, finite numbers, booleans, null, arrays and plain objects.',
  })
}
