import { RollbackError } from '@backstep/core'

/** An SQL identifier: always quoted, so that it means exactly this name. `identifier('public', 'users')` is `"public"."users"`. */
export function identifier(...names: readonly string[]): string {
  return names.map((name) => `"${withoutNull(name).replaceAll('"', '""')}"`).join('.')
}

/** An SQL string literal, whatever `standard_conforming_strings` is set to. For places where the server takes no parameter. */
export function literal(text: string): string {
  const doubled = withoutNull(text).replaceAll("'", "''")
  return doubled.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}

function withoutNull(text: string): string {
  if (!text.includes('\0')) return text
  throw new RollbackError('OPTIONS_INVALID', 'A name or text for PostgreSQL holds a NUL character', {
    hint: 'Remove the character: the server cannot hold it.',
  })
}
