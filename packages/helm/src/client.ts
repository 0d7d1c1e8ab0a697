import type { ContactTable, JsonObject, StepContext } from '@backstep/core'
import {
  kubernetesContacts,
  type Access,
  type Call,
  type KubernetesClient,
  type KubernetesObject,
  type ObjectKind,
  type ObjectRef,
  type PatchOperation,
  type ServedKind,
} from '@backstep/kubernetes'
import type { ToolVersion } from '@backstep/process'

/** What a call that starts Helm needs: the signal, and the folder in which marks and output are kept. A step's context is one. */
export type HelmCall = Pick<StepContext, 'abortSignal' | 'workDirectory'>

export interface ReleaseRequest {
  readonly namespace: string
  readonly release: string
}

export interface RollbackRequest extends ReleaseRequest {
  /** Always said: without it, Helm takes the revision before the last one, which may be a failed one. */
  readonly revision: number
  readonly runsHooks: boolean
  /** Takes fields over that another manager owns, where Helm applies by the server. */
  readonly forcesConflicts: boolean
}

export interface UpgradeRequest extends ReleaseRequest {
  /** A folder, an archive, `oci://…` or `repository/name`; or the chart as a record holds it, when it has no dependencies. */
  readonly chart: string | JsonObject
  readonly chartVersion: string | undefined
  /** All values; handed to Helm as a private file. */
  readonly values: JsonObject
  readonly runsHooks: boolean
  readonly forcesConflicts: boolean
}

/** How Helm ended. It says nothing about the release: read the record and the live objects. */
export interface HelmExit {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The end of what it printed as errors. */
  readonly errors: string
}

/** One object as it would be applied. */
export interface Rehearsal {
  readonly manifest: JsonObject
  readonly namespace: string | undefined
  /** Where Helm merges by itself: what it would patch, tried instead of applying the manifest. */
  readonly operations?: readonly PatchOperation[]
}

/** What the server said to a dry run: `conflict`, another manager owns fields; `refused`, it does not take the object; `unclear`, no dry run was possible. */
export interface Refusal {
  readonly what: 'conflict' | 'refused' | 'unclear'
  readonly message: string
}

/** The parts of the API server that these steps use. A list of things is asked for in one contact: it only reads. */
export interface ReleaseObjects extends Pick<KubernetesClient, 'get' | 'list' | 'remove' | 'create'> {
  /** The live objects, in the order asked for; `undefined` where there is none. */
  objects(refs: readonly ObjectRef[], call: Call): Promise<readonly (KubernetesObject | undefined)[]>
  /** How the server serves each kind; `undefined` where it does not. */
  kinds(kinds: readonly ObjectKind[], call: Call): Promise<readonly (ServedKind | undefined)[]>
  /** Those that the caller is not allowed. */
  denied(accesses: readonly Access[], call: Call): Promise<readonly Access[]>
  /** A dry run of each, as Helm's field manager; `undefined` where the server would take it. Needs the permission to patch. */
  rehearse(objects: readonly Rehearsal[], options: { readonly isForced: boolean }, call: Call): Promise<readonly (Refusal | undefined)[]>
}

/**
 * What the steps need: the API server for everything that is read, and the `helm` binary for everything that is written. A method that
 * writes is one request or one process.
 */
export interface HelmClient extends ReleaseObjects {
  /** The version of the binary. Refused outside the versions that were proved. */
  helmVersion(call: Call): Promise<ToolVersion>
  rollback(request: RollbackRequest, call: HelmCall): Promise<HelmExit>
  /** The release that `upgrade` would make, by a dry run against the server. */
  render(request: UpgradeRequest, call: HelmCall): Promise<JsonObject>
  upgrade(request: UpgradeRequest, call: HelmCall): Promise<HelmExit>
  /** Resolves when no Helm that an earlier process of this run started is at work any more. */
  settled(request: ReleaseRequest, call: HelmCall): Promise<void>
}

export const helmContacts: ContactTable<HelmClient> = {
  get: kubernetesContacts.get,
  list: kubernetesContacts.list,
  objects: 'read',
  kinds: 'read',
  denied: 'read',
  rehearse: 'read',
  remove: kubernetesContacts.remove,
  create: kubernetesContacts.create,
  helmVersion: 'read',
  rollback: 'process',
  render: 'read',
  upgrade: 'process',
  settled: 'read',
}
