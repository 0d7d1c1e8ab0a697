import type { ContactTable, Json, JsonObject } from '@backstep/core'

/** Every call gets the signal that stops it. A step's context is one. */
export interface Call {
  readonly abortSignal: AbortSignal
}

/** A kind of object as the API server serves it: `{ apiVersion: 'apps/v1', kind: 'Deployment' }`. */
export interface ObjectKind {
  readonly apiVersion: string
  readonly kind: string
}

/** One object. `namespace` is left out for objects of the whole cluster. */
export interface ObjectRef extends ObjectKind {
  readonly namespace?: string | undefined
  readonly name: string
}

/** An object as the server gave it: plain JSON with every field, known to this version or not. */
export type KubernetesObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMetadata
  readonly [field: string]: Json | undefined
}

export type ObjectMetadata = {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  /** Grows with every change of `spec`, a change of the scale included. */
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: { readonly [label: string]: string }
  readonly annotations?: { readonly [annotation: string]: string }
  readonly ownerReferences?: readonly OwnerReference[]
  readonly [field: string]: Json | undefined
}

export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
}

export interface ListQuery extends ObjectKind {
  /** Left out: all namespaces, or objects of the whole cluster. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

/** One operation of a JSON Patch (RFC 6902). */
export type PatchOperation =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }

export interface PatchRequest extends ObjectRef {
  readonly operations: readonly PatchOperation[]
  /**
   * A part of the object that is written through a door of its own. Through `status`, changes of anything but the status are left out without
   * a word; tests see the whole object. Needs the permission to patch `deployments/status`, for example.
   */
  readonly subresource?: 'status' | 'scale' | undefined
}

/** Server-side apply of one manifest. */
export interface ApplyRequest {
  readonly manifest: JsonObject
  readonly namespace?: string | undefined
  /** Default `backstep`. */
  readonly fieldManager?: string | undefined
  /** Take over fields that another manager owns. Without it, a conflict is `DRIFTED` and names the fields. Default `false`. */
  readonly force?: boolean | undefined
}

export interface CreateRequest {
  readonly manifest: JsonObject
  readonly namespace?: string | undefined
}

/** Only the object with this uid: one of the same name that came later is left alone. */
export interface RemoveRequest extends ObjectRef {
  readonly uid: string
  /** Only while it is at this version, too. */
  readonly resourceVersion?: string | undefined
  /** What happens to what it owns. Default: what the server does for its kind. */
  readonly propagation?: 'Orphan' | 'Background' | 'Foreground' | undefined
}

/** `gone`: there is no object of that name. `replaced`: there is one with another uid or version. */
export type Removal = 'removed' | 'gone' | 'replaced'

export interface EvictRequest {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
}

/** `blocked`: a PodDisruptionBudget does not allow it now. */
export type Eviction = 'evicted' | 'gone' | 'replaced' | 'blocked'

export interface LogQuery {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** Of the container before the last restart. */
  readonly previous?: boolean | undefined
  readonly sinceSeconds?: number | undefined
  /** Only so many lines of its end. Left out: from the beginning, or from `sinceSeconds`. */
  readonly tailLines?: number | undefined
  /** Default 262,144: a log has no end. The server counts from the first line that it sends, so without `tailLines` the end is what is cut. */
  readonly limitBytes?: number | undefined
}

/** One thing that somebody may want to do: `{ verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' }`. */
export interface Access {
  readonly verb: string
  /** `''` for the core group. */
  readonly group: string
  readonly resource: string
  readonly subresource?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
}

/** How the server serves a kind. */
export interface ServedKind extends ObjectKind {
  /** The name in paths and roles: `deployments`. */
  readonly resource: string
  readonly isNamespaced: boolean
}

/**
 * What steps need of an API server. Each method is one contact; arguments and answers are plain JSON; the call comes second.
 *
 * Failures are `RollbackError`s. They name the verb, the object, the status and the fields, and never what the server wrote about them: a
 * message of an API server may quote whole objects. What each code means here:
 *
 * - `DRIFTED`: a `test` of a patch failed, or another writer came first (409). Nothing was changed.
 * - `REJECTED`: the object is not valid, or admission refused it (a webhook, a policy, a quota). Nothing was changed.
 * - `PERMISSION_DENIED`: not allowed, or the credentials are not valid any more. Nothing was changed.
 * - `TARGET_NOT_FOUND`: a write to an object or into a namespace that does not exist. Reads answer `undefined` instead.
 * - `NOT_SUPPORTED`: the server does not serve this kind, or a webhook allows no dry run.
 * - `RATE_LIMITED`: refused before it was looked at.
 * - `BACKEND_UNAVAILABLE`, `TIMED_OUT`, `ABORTED`: no answer. `effect` says whether the request can have reached the server.
 */
export interface KubernetesClient {
  get(ref: ObjectRef, call: Call): Promise<KubernetesObject | undefined>
  /** All pages. A listing that expired on the way is begun again. */
  list(query: ListQuery, call: Call): Promise<readonly KubernetesObject[]>
  /** The patch as a dry run: defaults and admission included, nothing stored. Needs the permission to patch. */
  tryPatch(request: PatchRequest, call: Call): Promise<KubernetesObject>
  patch(request: PatchRequest, call: Call): Promise<KubernetesObject>
  tryApply(request: ApplyRequest, call: Call): Promise<KubernetesObject>
  apply(request: ApplyRequest, call: Call): Promise<KubernetesObject>
  tryCreate(request: CreateRequest, call: Call): Promise<KubernetesObject>
  /** `undefined`: an object of that name exists already. */
  create(request: CreateRequest, call: Call): Promise<KubernetesObject | undefined>
  remove(request: RemoveRequest, call: Call): Promise<Removal>
  tryEvict(request: EvictRequest, call: Call): Promise<Eviction>
  evict(request: EvictRequest, call: Call): Promise<Eviction>
  /** Text of a container, at most `limitBytes` of it; `undefined` when there is no such pod, container or previous container. */
  logs(query: LogQuery, call: Call): Promise<string | undefined>
  /** Whether the caller is allowed to. */
  review(access: Access, call: Call): Promise<boolean>
  /** How the server serves a kind; `undefined` when it does not. Kept for the life of the client. */
  discover(kind: ObjectKind, call: Call): Promise<ServedKind | undefined>
  /** The version of the server: `v1.36.3`. */
  version(call: Call): Promise<string>
}

export const kubernetesContacts: ContactTable<KubernetesClient> = {
  get: 'read',
  list: 'read',
  tryPatch: 'read',
  patch: 'write',
  tryApply: 'read',
  apply: 'write',
  tryCreate: 'read',
  create: 'write',
  remove: 'write',
  tryEvict: 'read',
  evict: 'write',
  logs: 'read',
  review: 'read',
  discover: 'read',
  version: 'read',
}
