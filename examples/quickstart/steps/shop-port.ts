import type { ContactTable } from '@backstep/core'

/** Everything that the steps ask of the shop's machine, or do to it. The database has a port of its own. */
export interface ShopPort {
  /** The text of a file below the shop's folder; `undefined` when there is none. */
  readText(path: string, call: Call): Promise<string | undefined>
  /** The end of a file, in whole lines. */
  readTail(path: string, maxBytes: number, call: Call): Promise<string>
  /** The release folders that are complete. */
  releases(call: Call): Promise<readonly Release[]>
  /** Name of the release folder to which `current` leads. */
  currentRelease(call: Call): Promise<string | undefined>
  /** The tags of the repository with their commits. */
  tags(call: Call): Promise<readonly { readonly tag: string; readonly commit: string }[]>
  health(call: Call): Promise<Health>
  orderCounters(call: Call): Promise<OrderCounters>
  /** What the supervisor knows of the server's process. */
  service(call: Call): Promise<Service>

  /** Makes a file that nobody has made yet; `false`, and nothing changed, when there is one. `beside` names it while it is written. */
  createText(file: { readonly path: string; readonly text: string; readonly beside: string }, call: Call): Promise<boolean>
  /** Writes a file in one step, over one of that name. `beside` names it while it is written. */
  replaceText(file: { readonly path: string; readonly text: string; readonly beside: string }, call: Call): Promise<void>
  removeFile(path: string, call: Call): Promise<void>
  /** Points `current` at a release in one step. `beside` names the link while it is made. */
  switchCurrent(change: { readonly release: string; readonly beside: string }, call: Call): Promise<void>
  /** Compare-and-set at the supervisor: answers `refused` when another instance runs than expected. The same mark again is the same restart. */
  restart(request: RestartRequest, call: Call): Promise<Service & { readonly refused?: string }>
}
export interface Call {
  readonly abortSignal: AbortSignal
}

export interface Release {
  readonly name: string
  readonly tag: string
  readonly commit: string
}
export interface Health {
  readonly tag: string
  readonly commit: string
  /** Version of the database's schema. */
  readonly schema: number
  readonly pid: number
  readonly maintenance: boolean
  readonly ordersInFlight: number
}
/** Totals since the server's process started. */
export interface OrderCounters {
  readonly processStartedAt: number
  readonly ok: number
  readonly failed: number
}
export interface Service {
  /** Counts the restarts that were asked for. */
  readonly instance: number
  readonly state: 'starting' | 'running' | 'stopping' | 'failed'
  readonly release: string
  /** Of the restart that started it. */
  readonly mark: string
  readonly pid: number
}
export interface RestartRequest {
  readonly expectInstance: number
  readonly release: string
  readonly mark: string
  /** Start this release although `current` leads elsewhere. */
  readonly ignoresLink?: boolean
}

/** Git is started for `tags`, but it only reads and nothing of it outlives the call. */
export const shopContacts: ContactTable<ShopPort> = {
  readText: 'read',
  readTail: 'read',
  releases: 'read',
  currentRelease: 'read',
  tags: 'read',
  health: 'read',
  orderCounters: 'read',
  service: 'read',
  createText: 'write',
  replaceText: 'write',
  removeFile: 'write',
  switchCurrent: 'write',
  restart: 'write',
}
