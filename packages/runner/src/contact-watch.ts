import { RollbackError, type ContactCall, type ContactObserver } from '@backstep/core'

export interface ContactWatchOptions {
  readonly what: string
  /** Right before each write: throws when this process may not write any more. */
  readonly beforeWrite: () => Promise<void>
  /** `false`: the step has no port, so that nobody can tell whether it has written. Asked only when a call fails. */
  readonly seesWrites: () => boolean
  readonly observer?: ContactObserver | undefined
}

/** Watches the contacts of one call: refuses them after the call is over or was stopped, and knows whether anything was written. */
export class ContactWatch implements ContactObserver {
  readonly #options: ContactWatchOptions
  readonly #stop: AbortSignal
  readonly #open = new Set<ContactCall>()
  #hasWritten = false
  #isClosed = false
  #bell: PromiseWithResolvers<void> | undefined

  constructor(options: ContactWatchOptions, stop: AbortSignal) {
    this.#options = options
    this.#stop = stop
  }

  /** Counts as under way from the first moment: a step that forgets to await it may return before the leases were looked at. */
  async before(call: ContactCall): Promise<void> {
    this.#open.add(call)
    try {
      this.#refuseWhenOver(call)
      if (call.mode !== 'read') {
        await this.#options.beforeWrite()
        this.#refuseWhenOver(call)
      }
      await this.#options.observer?.before(call)
      this.#refuseWhenOver(call)
    } catch (error) {
      this.#end(call)
      throw error
    }
    if (call.mode !== 'read') this.#hasWritten = true
  }

  async after(call: ContactCall): Promise<void> {
    this.#end(call)
    await this.#options.observer?.after(call)
  }

  failed(call: ContactCall): void {
    this.#end(call)
    this.#options.observer?.failed?.(call)
  }

  /** Something may have been written: seen, or not to be seen. */
  mayHaveWritten(): boolean {
    return this.#hasWritten || !this.#options.seesWrites()
  }

  isOpen(): boolean {
    return this.#open.size > 0
  }

  /** Contacts that the step forgot to await: awaited here, then refused as a defect. */
  async refuseForgotten(): Promise<never> {
    const forgotten = [...this.#open].map(({ name }) => name)
    const stopped = Promise.withResolvers<void>()
    this.#stop.addEventListener('abort', () => stopped.resolve(), { once: true })
    while (this.isOpen() && !this.#stop.aborted)
      await Promise.race([(this.#bell ??= Promise.withResolvers<void>()).promise, stopped.promise])
    throw new RollbackError('INTERNAL', `${this.#options.what} returned while "${forgotten.join('", "')}" was still under way`, {
      hint: 'This is a defect of the step: its author has to await every contact.',
      effect: this.mayHaveWritten() ? 'unknown' : 'none',
    })
  }

  /** The call is over: no further contact may begin. */
  close(): void {
    this.#isClosed = true
  }

  #end(call: ContactCall): void {
    this.#open.delete(call)
    this.#bell?.resolve()
    this.#bell = undefined
  }

  #refuseWhenOver({ name }: ContactCall): void {
    if (this.#isClosed) throw overdue(this.#options.what, name)
    if (this.#stop.aborted) throw whyStopped(this.#options.what, this.#stop.reason, undefined, this.#hasWritten)
  }
}

/** Why a call was stopped, and whether it may have had an effect. An error of the step that says more is kept. */
export function whyStopped(what: string, reason: unknown, error: unknown, mayHaveWritten: boolean): RollbackError {
  if (error instanceof RollbackError && error.effect === 'unknown') return error
  const effect = mayHaveWritten ? 'unknown' : 'none'
  if (reason instanceof RollbackError)
    return new RollbackError(reason.code, reason.message, { hint: reason.hint, effect, canRetry: reason.canRetry })
  return new RollbackError('ABORTED', `${what} was stopped`, { hint: 'The target is looked at before anything else happens.', effect })
}

function overdue(what: string, contact: string): RollbackError {
  return new RollbackError('ABORTED', `${what}: "${contact}" was refused, since its call had ended`, {
    hint: 'The step was given up, or returned without awaiting its work. It may not write any more.',
    effect: 'none',
  })
}
