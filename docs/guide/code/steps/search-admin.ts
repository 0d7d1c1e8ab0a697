import type { ContactTable } from '@backstep/core'

/** A job of the search service: asked for once, done some time later. */
export interface Job {
  readonly id: string
  readonly state: 'running' | 'done' | 'failed'
}
export interface Alias {
  readonly index: string
  /** The note of the job that made it so. */
  readonly by: string
}

export interface SearchAdmin {
  alias(abortSignal: AbortSignal): Promise<Alias>
  /** Moves the alias, some time later. Answers at once. Fails with status 409, and does nothing, when it does not lead to `from` by `by`. */
  startMove(move: { readonly from: Alias; readonly to: string; readonly note: string }, abortSignal: AbortSignal): Promise<string>
  /** The newest job that carries this note. */
  jobNoted(note: string, abortSignal: AbortSignal): Promise<Job | undefined>
}

export const searchContacts: ContactTable<SearchAdmin> = { alias: 'read', startMove: 'write', jobNoted: 'read' }
