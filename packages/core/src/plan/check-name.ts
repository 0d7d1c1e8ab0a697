import { RollbackError } from '../contract/errors.ts'

/**
 * Names become parts of ids and file names.
 *
 * @throws RollbackError `OPTIONS_INVALID`.
 */
export function checkName(what: string, name: string): void {
  if (typeof name === 'string' && /^[a-z0-9][a-z0-9 ._-]*$/i.test(name) && name.length <= 80) return
  throw new RollbackError('OPTIONS_INVALID', `${what}: the name ${JSON.stringify(name)} cannot be used`, {
    hint: 'Use up to 80 letters, digits, spaces, dots, dashes and underscores, a letter or digit first.',
  })
}

/**
 * A misspelt field would be dropped in silence.
 *
 * @throws RollbackError `OPTIONS_INVALID`, naming it.
 */
export function checkFields(what: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !known.includes(key))
  if (unknown.length === 0) return
  throw new RollbackError('OPTIONS_INVALID', `${what}: unknown field "${unknown.join('", "')}"`, {
    hint: `The fields are: ${known.join(', ')}.`,
  })
}
