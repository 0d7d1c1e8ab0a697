import { canonical, type Change, type Guard, hashOf, json, type Json, type Position } from '@backstep/core'
import {
  fieldChanges,
  guardedPatch,
  type KubernetesObject,
  type ObjectRef,
  type PatchOperation,
  shortName,
  valueAt,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { markTrail, trailOf, trailWith, trailWithout } from './mark-trail.ts'
import { isSecret, secretChanges, secretIdentity } from './secret-writes.ts'

/** One field of an object: where it is, what it was, what it shall be. Left out: it is not there. */
export type FieldValues = {
  readonly at: readonly (string | number)[]
  readonly before?: Json | undefined
  readonly after?: Json | undefined
}

/** What one object is to become. It holds the values themselves, so it belongs into a snapshot and nowhere else. */
export type ObjectWrite = {
  readonly ref: { readonly apiVersion: string; readonly kind: string; readonly namespace?: string | undefined; readonly name: string }
  /** Its global name. */
  readonly resource: string
  readonly uid: string
  /** The marks that were on it. */
  readonly trail: string
  /** Something has to be done: a field differs, or what hangs on this object has to be changed with it. */
  readonly isNeeded: boolean
  readonly fields: readonly FieldValues[]
  /** The object comes, goes, or is applied as a whole. Left out: only its fields are written. */
  readonly whole?: WholeObject | undefined
  /** Of a Secret: the version that was seen, since nothing may be told about its values, not even a hash. */
  readonly version?: string | undefined
  /** Of a Secret at rest: its values. */
  readonly sealed?: { readonly sealed: string } | undefined
}

/** `create`: only while there is none of its name. `apply`: server-side apply, which also makes it. `delete`: with what it owns. */
export type WholeObject = {
  readonly how: 'create' | 'apply' | 'delete'
  /** Whether it was there before. */
  readonly wasThere: boolean
  /** What is made or applied, or made again on the way back. */
  readonly manifest: Json
  /** Take fields over from other managers. */
  readonly isForced: boolean
  /** An autoscaler sets the replicas: what they are right before the write is what is applied. */
  readonly keepsReplicas: boolean
}

const optionalJson = z.optional(json())

export const objectWriteSchema: z.core.$ZodType<ObjectWrite> = z.strictObject({
  ref: z.object({ apiVersion: z.string(), kind: z.string(), namespace: z.string().optional(), name: z.string() }),
  resource: z.string(),
  uid: z.string(),
  trail: z.string(),
  isNeeded: z.boolean(),
  fields: z.array(z.object({ at: z.array(z.union([z.string(), z.int()])), before: optionalJson, after: optionalJson })),
  whole: z.optional(
    z.object({
      how: z.enum(['create', 'apply', 'delete']),
      wasThere: z.boolean(),
      manifest: json(),
      isForced: z.boolean(),
      keepsReplicas: z.boolean(),
    }),
  ),
  version: z.string().optional(),
  sealed: z.object({ sealed: z.string() }).optional(),
})

export type Direction = 'forward' | 'back'

/** What it takes to bring an object from one side of a write to the other. The fields that were read last are tested in the patch itself. */
export function operationsFor(
  live: KubernetesObject,
  { fields }: ObjectWrite,
  mark: string,
  direction: Direction,
): readonly PatchOperation[] {
  const trail = direction === 'forward' ? trailWith(trailOf(live), mark) : trailWithout(trailOf(live), mark)
  return guardedPatch(
    live,
    [
      ...fields.map((field) => ({ segments: field.at, value: direction === 'forward' ? field.after : field.before })),
      { segments: markTrail, value: trail },
    ],
    fields.filter(({ before, after }) => isSame(before, after)).map(({ at }) => at),
  )
}

/**
 * Where an object is relative to a write: the one comparison. Only the fields that are written count, so a scale, a status or a label by
 * somebody else is no drift; and only with the mark of this very write are they ours.
 */
export function positionOf(live: KubernetesObject | undefined, write: ObjectWrite, mark: string): Position<Record<string, never>> {
  const who = shortName(write.ref)
  if (write.whole !== undefined && isComingOrGoing(write.whole)) return wholePosition(live, write, mark)
  if (live === undefined) return elsewhere(`${who} does not exist any more`)
  if (live.metadata.uid !== write.uid) return elsewhere(`${who} was deleted and made again`)
  if (live.metadata.deletionTimestamp !== undefined) return elsewhere(`${who} is being deleted`)
  const trail = trailOf(live)
  const isUntouched = trail === write.trail
  const isAt = (side: 'before' | 'after'): boolean => write.fields.every((field) => isSame(valueAt(live, field.at), field[side]))
  if (isAt('after') && (trail.split(',').includes(mark) || (isUntouched && !write.isNeeded))) return { at: 'after', receipt: {} }
  if (isAt('before') && (isUntouched || trail.split(',').includes(`${mark}-`))) return { at: 'before' }
  const moved = write.fields.filter((field) => !isSame(valueAt(live, field.at), field.before)).map(({ at }) => at.join('.'))
  return elsewhere(
    moved.length === 0 ? `${who} was written by another rollback meanwhile` : `${who} was changed by somebody else: ${moved.join(', ')}`,
  )
}

/** Whether it is there on one side only. */
export function isComingOrGoing({ how, wasThere }: WholeObject): boolean {
  return how === 'delete' || !wasThere
}

/** Of an object that comes or goes: it is there or not, and it is the one that is meant. */
function wholePosition(live: KubernetesObject | undefined, write: ObjectWrite, mark: string): Position<Record<string, never>> {
  const who = shortName(write.ref)
  const goes = write.whole?.how === 'delete'
  const [present, absent] = goes ? (['before', 'after'] as const) : (['after', 'before'] as const)
  if (live === undefined) return absent === 'after' ? { at: 'after', receipt: {} } : { at: 'before' }
  const trail = trailOf(live).split(',')
  const isIt = goes ? live.metadata.uid === write.uid || trail.includes(`${mark}-`) : trail.includes(mark)
  if (!isIt) return elsewhere(`${who} was made by somebody else`)
  const moved = write.fields.filter((field) => !isSame(valueAt(live, field.at), field[present])).map(({ at }) => at.join('.'))
  if (moved.length > 0) return elsewhere(`${who} was changed by somebody else: ${moved.join(', ')}`)
  if (live.metadata.deletionTimestamp !== undefined) return { at: 'between', detail: `${who} is being deleted` }
  return present === 'after' ? { at: 'after', receipt: {} } : { at: 'before' }
}

export function changesAnything(fields: ObjectWrite['fields']): boolean {
  return fields.some(({ before, after }) => !isSame(before, after))
}

/** The change of one object, for people; empty when nothing differs. */
export function changesOf(write: ObjectWrite): readonly Change[] {
  const { whole } = write
  if (isSecret(write)) return secretChanges(write)
  if (!changesAnything(write.fields) && (whole === undefined || !isComingOrGoing(whole))) return []
  const fields = write.fields.flatMap(({ at, before, after }) => fieldChanges(before, after, { path: at.join('.') }))
  if (whole?.how === 'delete') return [{ resource: write.resource, action: 'delete', before: identityOf(write, 'before') }]
  if (whole !== undefined && !whole.wasThere)
    return [{ resource: write.resource, action: 'create', after: identityOf(write, 'after'), fields }]
  return [{ resource: write.resource, action: 'update', before: identityOf(write, 'before'), after: identityOf(write, 'after'), fields }]
}

/** The written fields of one side as one comparable text. */
export function identityOf(write: ObjectWrite, side: 'before' | 'after'): string {
  const { fields } = write
  if (isSecret(write)) return secretIdentity(write, side)
  return hashOf(fields.map((field) => [field.at, field[side] ?? null])).slice(0, 16)
}

/** What must not have moved until the write: the object itself, and each field that is written. */
export function guardsOf(write: ObjectWrite): readonly Guard[] {
  const { resource, uid, fields, whole, version } = write
  if (whole?.wasThere === false) return [{ resource, property: 'uid', equals: 'none' }]
  if (isSecret(write)) {
    return [
      { resource, property: 'uid', equals: uid },
      { resource, property: 'resourceVersion', equals: version ?? '' },
    ]
  }
  const values = fields.map(({ at, before }) => ({ resource, property: at.join('.'), equals: hashOf(before ?? null).slice(0, 16) }))
  return [{ resource, property: 'uid', equals: uid }, ...values]
}

/** The fields of an object as they are, and as they shall be. */
export function writeOf(
  live: KubernetesObject,
  resource: string,
  ref: ObjectRef,
  wanted: readonly { readonly at: FieldValues['at']; readonly value: Json | undefined }[],
): ObjectWrite {
  const { apiVersion, kind, namespace, name } = ref
  const fields = wanted.map(({ at, value }) => {
    const before = valueAt(live, at)
    return { at, ...(before === undefined ? {} : { before }), ...(value === undefined ? {} : { after: value }) }
  })
  return {
    ref: { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) },
    resource,
    uid: live.metadata.uid,
    trail: trailOf(live),
    isNeeded: changesAnything(fields),
    fields,
    ...(kind === 'Secret' ? { version: live.metadata.resourceVersion } : {}),
  }
}

/** What the server would store for each field: its defaults and admission included. */
export function asStored(write: ObjectWrite, stored: KubernetesObject): ObjectWrite {
  const fields = write.fields.map(({ at, before }) => {
    const after = valueAt(stored, at)
    return { at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }
  })
  return { ...write, fields, isNeeded: changesAnything(fields) }
}

export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  return canonical(one ?? null) === canonical(other ?? null)
}

function elsewhere(detail: string): { readonly at: 'elsewhere'; readonly detail: string } {
  return { at: 'elsewhere', detail }
}
