import { type Change, hashOf, type Json, type PrepareContext, type StepContext } from '@backstep/core'
import type { FieldValues, ObjectWrite } from './field-writes.ts'
import { objectAt } from './workload.ts'

/** Whether the values of a write may not be told, not even as a hash: a short password can be found by trying. */
export function isSecret({ ref: { apiVersion, kind } }: Pick<ObjectWrite, 'ref'>): boolean {
  return kind === 'Secret' && apiVersion === 'v1'
}

/** Which keys there are, as one comparable text. */
export function secretIdentity({ fields }: Pick<ObjectWrite, 'fields'>, side: 'before' | 'after'): string {
  return hashOf(fields.flatMap((field) => [...valuesOf(field, side).keys()]).toSorted()).slice(0, 16)
}

/** The values of one side by where they stand: the whole of `data` as one field, or each key as one. */
function valuesOf(field: FieldValues, side: 'before' | 'after'): ReadonlyMap<string, Json | undefined> {
  const { at, [side]: value } = field
  if (at[0] !== 'data') return new Map()
  if (typeof value === 'string') return new Map([[at.join('.'), value]])
  return new Map(Object.entries(objectAt(value, [])).map(([key, inner]) => [[...at, key].join('.'), inner]))
}

/** Keys only: which come, which go, which get another value. */
export function secretChanges({ resource, fields, whole }: ObjectWrite): readonly Change[] {
  const keys = fields.flatMap((field) => {
    const [was, is] = [valuesOf(field, 'before'), valuesOf(field, 'after')]
    return [...new Set([...was.keys(), ...is.keys()])].toSorted().flatMap((path) => {
      if (was.get(path) === is.get(path)) return []
      return [{ path, ...(was.has(path) ? { before: '[hidden]' } : {}), ...(is.has(path) ? { after: '[another value]' } : {}) }]
    })
  })
  if (whole?.wasThere === false) return [{ resource, action: 'create', after: 'the values that are named', fields: keys }]
  if (keys.length === 0) return []
  return [{ resource, action: 'update', before: 'other values', after: 'the values that are named', fields: keys }]
}

type Values = { readonly fields: readonly FieldValues[]; readonly manifest: Json }

/** For the snapshot: values of Secrets only as ciphertext. */
export async function sealedWrites(writes: readonly ObjectWrite[], { seal }: Pick<PrepareContext, 'seal'>): Promise<ObjectWrite[]> {
  return Promise.all(
    writes.map(async (write) => {
      if (!isSecret(write)) return write
      const { fields, whole } = write
      const values: Values = { fields, manifest: whole?.manifest ?? null }
      const sealed = await seal(JSON.stringify(values))
      return { ...write, fields: [], sealed, ...(whole === undefined ? {} : { whole: { ...whole, manifest: null } }) }
    }),
  )
}

export async function openedWrites(
  writes: readonly ObjectWrite[],
  { unseal }: Pick<StepContext, 'unseal'>,
): Promise<readonly ObjectWrite[]> {
  return Promise.all(
    writes.map(async (write) => {
      if (write.sealed === undefined) return write
      const { fields, manifest } = JSON.parse(await unseal(write.sealed)) as Values
      const { sealed: _, whole, ...rest } = write
      return { ...rest, fields, ...(whole === undefined ? {} : { whole: { ...whole, manifest } }) }
    }),
  )
}
