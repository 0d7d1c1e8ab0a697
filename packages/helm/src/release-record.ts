import { gunzipSync } from 'node:zlib'
import { hashOf, RollbackError, type Json, type JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'
import * as z from 'zod'

/** Where a cluster's Helm keeps its records: what `HELM_DRIVER` says on the machines that install. */
export type StorageDriver = 'secret' | 'configmap'

/** One hook of a release: an object that Helm runs at an event, and never updates, compares or takes back. */
export interface ReleaseHook {
  readonly name: string
  readonly kind: string
  readonly events: readonly string[]
  readonly weight: number
  readonly deletePolicies: readonly string[]
  readonly manifest: string
  /** How its last run ended: `Succeeded`, `Failed`; `Running` also when Helm died meanwhile. */
  readonly phase: string | undefined
}

/** One revision of a release as Helm stored it. */
export interface ReleaseRecord {
  /** Names the record. Going back makes a higher number with the content of a lower one. */
  readonly revision: number
  /** `deployed`, `superseded`, `failed`, `pending-upgrade`, `pending-rollback`, `pending-install`, `uninstalled`, `uninstalling`, `unknown`. */
  readonly status: string
  /** Identity of the content: manifest, values, chart and hooks. Equal for a revision and every rollback to it. */
  readonly digest: string
  readonly manifest: string
  readonly hooks: readonly ReleaseHook[]
  readonly chart: { readonly name: string; readonly version: string; readonly appVersion: string | undefined }
  /** The values that were given. They may hold secrets: never shown. */
  readonly values: JsonObject
  /** The chart as Helm keeps it. Dependencies are not in it. */
  readonly chartContent: JsonObject
  /** How Helm last wrote its objects. Records without it were written client-side. */
  readonly appliedBy: 'client' | 'server'
  readonly description: string
  readonly firstDeployedAt: string | undefined
  readonly lastDeployedAt: string | undefined
  /** The revision that this one went back to: as newer versions of Helm store it, otherwise as the description says, which is a hint only. */
  readonly rollbackOf: { readonly revision: number; readonly isHint: boolean } | undefined
  readonly storedAs: { readonly kind: 'Secret' | 'ConfigMap'; readonly name: string; readonly uid: string }
  /** Bytes of the stored payload. A Secret or ConfigMap holds about 1 MiB. */
  readonly storedBytes: number
}

/** A release of some ten thousand objects unpacks to less. More is no release, or is meant to exhaust memory. */
const mostUnpackedBytes = 64 * 1024 * 1024
const gzipMagic = [0x1f, 0x8b, 0x08]

const text = z.string()
const time = z.string().optional()
const hook = z.looseObject({
  name: text,
  kind: text,
  manifest: text,
  events: z.array(text).nullish(),
  weight: z.number().nullish(),
  delete_policies: z.array(text).nullish(),
  last_run: z.looseObject({ phase: text.nullish() }).nullish(),
})
const stored = z.looseObject({
  name: text,
  version: z.int().positive(),
  manifest: text.nullish(),
  config: z.record(text, z.unknown()).nullish(),
  hooks: z.array(hook).nullish(),
  apply_method: text.nullish(),
  chart: z.looseObject({ metadata: z.looseObject({ name: text, version: text, appVersion: text.nullish() }) }),
  info: z.looseObject({
    status: text,
    description: text.nullish(),
    first_deployed: time,
    last_deployed: time,
    rollback_revision: z.int().nullish(),
  }),
})
type Stored = z.infer<typeof stored>

/**
 * Reads one record. A Secret holds base64 of base64 of gzip of JSON, a ConfigMap base64 of gzip of JSON; very old records are not zipped.
 *
 * @throws RollbackError `NOT_SUPPORTED` when it cannot be read, with what is wrong and never with its content.
 */
export function decodeRecord(object: KubernetesObject): ReleaseRecord {
  const kind = object.kind === 'ConfigMap' ? 'ConfigMap' : 'Secret'
  const { name, uid } = object.metadata
  const payload = payloadOf(object, kind)
  return recordFrom(parseJson(name, unpack(name, payload)), { kind, name, uid }, Buffer.byteLength(payload))
}

/**
 * The record that a release would have, from the release as Helm prints it.
 *
 * @throws RollbackError `NOT_SUPPORTED` when it is no release.
 */
export function recordFrom(release: unknown, storedAs: ReleaseRecord['storedAs'], storedBytes: number): ReleaseRecord {
  const found = parseStored(storedAs.name, release)
  const hooks = (found.hooks ?? []).map(hookOf)
  const values = (found.config ?? {}) as JsonObject
  const manifest = found.manifest ?? ''
  const { metadata } = found.chart
  return {
    revision: found.version,
    status: found.info.status,
    digest: digestOf(found, manifest, values, hooks),
    manifest,
    hooks,
    chart: { name: metadata.name, version: metadata.version, appVersion: metadata.appVersion ?? undefined },
    values,
    chartContent: found.chart as JsonObject,
    appliedBy: found.apply_method === 'ssa' ? 'server' : 'client',
    description: found.info.description ?? '',
    firstDeployedAt: presentTime(found.info.first_deployed),
    lastDeployedAt: presentTime(found.info.last_deployed),
    rollbackOf: rollbackOf(found.info),
    storedAs,
    storedBytes,
  }
}

function payloadOf(object: KubernetesObject, kind: 'Secret' | 'ConfigMap'): string {
  const { release } = (object['data'] ?? {}) as { readonly release?: Json }
  if (typeof release !== 'string' || release === '') throw unreadable(object.metadata.name, 'it has no field data.release')
  return kind === 'Secret' ? Buffer.from(release, 'base64').toString('latin1') : release
}

function unpack(name: string, payload: string): string {
  const bytes = Buffer.from(payload, 'base64')
  if (bytes.length === 0) throw unreadable(name, 'it is empty')
  const isZipped = bytes.length > gzipMagic.length && gzipMagic.every((byte, index) => bytes[index] === byte)
  if (!isZipped) return bytes.toString('utf8')
  try {
    return gunzipSync(bytes, { maxOutputLength: mostUnpackedBytes }).toString('utf8')
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw unreadable(name, isTooLarge ? `it unpacks to more than ${mostUnpackedBytes / 1024 / 1024} MiB` : 'it is no whole gzip stream')
  }
}

function parseJson(name: string, json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw unreadable(name, 'it is no JSON')
  }
}

function parseStored(name: string, release: unknown): Stored {
  const parsed = stored.safeParse(release)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw unreadable(name, `its field ${issue?.path.map(String).join('.') || 'release'} is not as Helm writes it`)
}

function hookOf(given: z.infer<typeof hook>): ReleaseHook {
  return {
    name: given.name,
    kind: given.kind,
    manifest: given.manifest,
    events: given.events ?? [],
    weight: given.weight ?? 0,
    deletePolicies: given.delete_policies ?? [],
    phase: given.last_run?.phase === '' ? undefined : (given.last_run?.phase ?? undefined),
  }
}

/** Only what a rollback carries over, in a form that Helm 3 and 4 both give back: the fields that one of them adds do not count. */
function digestOf({ chart }: Stored, manifest: string, values: JsonObject, hooks: readonly ReleaseHook[]): string {
  const { metadata, templates, files, values: defaults } = chart as { readonly metadata: JsonObject } & Record<string, Json | undefined>
  return hashOf({
    manifest,
    values,
    chart: {
      name: metadata['name'],
      version: metadata['version'],
      templates: named(templates),
      files: named(files),
      defaults: defaults ?? {},
    },
    hooks: hooks.map(({ name, kind, events, manifest: text }) => ({ name, kind, events, manifest: text })),
  })
}

function named(files: Json | undefined): Json {
  if (!Array.isArray(files)) return []
  return (files as readonly JsonObject[]).map(({ name, data }) => [name ?? null, data ?? null])
}

/** Older versions stored an empty text, and Go's zero time, for a time that never was. */
function presentTime(at: string | undefined): string | undefined {
  return at === undefined || at === '' || at.startsWith('0001-01-01') ? undefined : at
}

function rollbackOf({ rollback_revision: revision, description }: Stored['info']): ReleaseRecord['rollbackOf'] {
  if (typeof revision === 'number' && revision > 0) return { revision, isHint: false }
  const [, said] = /^Rollback to (\d+)$/.exec(description ?? '') ?? []
  return said === undefined ? undefined : { revision: Number(said), isHint: true }
}

function unreadable(name: string, why: string): RollbackError {
  return new RollbackError('NOT_SUPPORTED', `The release record ${name} cannot be read: ${why}`, {
    hint: 'Check that the record was written by Helm 3 or 4 and was not edited.',
  })
}
