import { canonical, type FieldChange, hashOf, type Json, type JsonObject } from '@backstep/core'

/** Longer values are shown by their hash: whole objects hide in annotations. */
const longestShown = 200
const secretParents: ReadonlySet<string> = new Set(['env', 'stringData'])
const hiddenNames = /passw|secret|token|credential|api-?key|private-?key/i

export interface FieldChangeOptions {
  /** Where the values stand in their object: `spec.template`. */
  readonly path: string
  /** Every value is secret: the content of a Secret. Default `false`. */
  readonly isSecret?: boolean
}

/**
 * What differs between two values, for people. Values below `env`, values of Secrets, command lines that name a password, and long texts are
 * shown as the first digits of their hash: equal values look equal, and nothing can be read. Members of lists are compared by their `name`
 * where all have one, so that a container that moved is no change of two.
 */
export function fieldChanges(
  before: Json | undefined,
  after: Json | undefined,
  { path, isSecret = false }: FieldChangeOptions,
): readonly FieldChange[] {
  if (canonical(before) === canonical(after)) return []
  const [was, is] = [membersOf(before), membersOf(after)]
  const isStructured = (was !== undefined || before === undefined) && (is !== undefined || after === undefined)
  const keys = [...new Set([...(was?.members.keys() ?? []), ...(is?.members.keys() ?? [])])]
  if (!isStructured || keys.length === 0) return [changeOf(before, after, path, isSecret)]
  const isList = (was ?? is)?.isList === true
  return keys.flatMap((key) =>
    fieldChanges(was?.members.get(key), is?.members.get(key), {
      path: isList ? `${path}[${key}]` : `${path}.${key}`,
      isSecret: key !== 'valueFrom' && (isSecret || secretParents.has(key)),
    }),
  )
}

/** A value that may be secret, as text that can be compared and not read. */
export function hidden(value: Json | undefined): string {
  return `[hidden ${hashOf(value).slice(0, 8)}]`
}

function changeOf(before: Json | undefined, after: Json | undefined, path: string, isSecret: boolean): FieldChange {
  const shown = (value: Json): string => {
    const text = typeof value === 'string' ? value : canonical(value)
    const isTelling = hiddenNames.test(text) || (path.includes('.annotations.') && hiddenNames.test(path))
    return isSecret || isTelling || text.length > longestShown ? hidden(value) : text
  }
  return {
    path,
    ...(before === undefined ? {} : { before: shown(before) }),
    ...(after === undefined ? {} : { after: shown(after) }),
  }
}

interface Members {
  readonly isList: boolean
  readonly members: ReadonlyMap<string, Json | undefined>
}

function membersOf(value: Json | undefined): Members | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value)) return { isList: false, members: new Map(Object.entries(value as JsonObject)) }
  const list = value as readonly Json[]
  const names = list.map(nameOf)
  const isNamed = names.every((name) => name !== undefined) && new Set(names).size === names.length
  return { isList: true, members: new Map(list.map((member, index) => [isNamed ? String(names[index]) : String(index), member])) }
}

function nameOf(value: Json): string | undefined {
  const name = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)['name'] : undefined
  return typeof name === 'string' ? name : undefined
}
