import { RollbackError, type ContactCall, type ContactObserver } from '@backstep/core'
import type { RunnerClock } from './clock.ts'

export interface CallOptions {
  /** For messages: `execute of k8s.undo-rollout@shop/web`. */
  readonly what: string
  readonly clock: RunnerClock
  readonly timeoutMs: number
  readonly graceMs: number
  /** Aborts the call from outside: cancel, lost lease. */
  readonly signal: AbortSignal
  /** Right before each write: throws when this process may not write any more. */
  readonly beforeWrite: () => Promise<void>
  /** Told of every contact; used by tests to stop at any of them. */
  readonly observer?: ContactObserver | undefined
}

/** What one method call of a step can use. */
export interface CallScope {
  readonly abortSignal: AbortSignal
  readonly contacts: ContactObserver
}

/**
 * Makes one method call of a step under a time-out. After the time-out or an abort from outside the step may not begin another contact;
 * it gets a grace to return, then the call is given up. A call that was given up can do no more harm through its port.
 */
export function callStep<T>(options: CallOptions, call: (scope: CallScope) => Promise<T>): Promise<T> {
  const { clock, signal } = options
  const stop = new AbortController()
  const watched = watchContacts(options, stop.signal)
  return new Promise<T>((resolve, reject) => {
    let cancelTimer = (): void => undefined
    const halt = (reason: unknown): void => {
      cancelTimer()
      stop.abort(reason)
      cancelTimer = clock.after(options.graceMs, () => finish(() => reject(whyStopped(options, reason, undefined, watched.hasWritten()))))
    }
    const onAbort = (): void => halt(signal.reason)
    const finish = (settle: () => void): void => {
      cancelTimer()
      signal.removeEventListener('abort', onAbort)
      watched.close()
      settle()
    }
    cancelTimer = clock.after(options.timeoutMs, () => halt(timedOut(options, watched.hasWritten())))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    call({ abortSignal: stop.signal, contacts: watched.observer })
      .then(async (result) => {
        if (watched.isOpen()) await watched.settled()
        return result
      })
      .then(
        (result) => finish(() => resolve(result)),
        (error: unknown) => finish(() => reject(stop.signal.aborted ? whyStopped(options, stop.signal.reason, error, watched.hasWritten()) : error)),
      )
  })
}

interface Watched {
  readonly observer: ContactObserver
  readonly hasWritten: () => boolean
  readonly isOpen: () => boolean
  /** Contacts that the step forgot to await: awaited here, then refused as a defect. */
  readonly settled: () => Promise<void>
  readonly close: () => void
}

function watchContacts({ what, beforeWrite, observer }: CallOptions, signal: AbortSignal): Watched {
  const open = new Map<number, string>()
  let count = 0
  let written = false
  let isClosed = false
  let wake: (() => void) | undefined
  const numbers = new WeakMap<ContactCall, number>()
  return {
    observer: {
      async before(call) {
        if (isClosed) throw refused(what, call.name, 'its call had ended')
        if (signal.aborted) throw whyStopped({ what }, signal.reason, undefined, written)
        if (call.mode !== 'read') {
          await beforeWrite()
          if (signal.aborted) throw whyStopped({ what }, signal.reason, undefined, written)
        }
        await observer?.before(call)
        if (call.mode !== 'read') written = true
        numbers.set(call, count)
        open.set(count++, call.name)
      },
      async after(call) {
        open.delete(numbers.get(call) ?? -1)
        wake?.()
        await observer?.after(call)
      },
    },
    hasWritten: () => written,
    isOpen: () => open.size > 0,
    async settled() {
      const forgotten = [...open.values()]
      if (forgotten.length === 0) return
      while (open.size > 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
      throw new RollbackError('INTERNAL', `${what} returned while "${forgotten.join('", "')}" was still under way`, {
        hint: 'This is a defect of the step: its author has to await every contact.',
        effect: written ? 'unknown' : 'none',
      })
    },
    close() {
      isClosed = true
    },
  }
}

function timedOut({ what, timeoutMs }: CallOptions, hasWritten: boolean): RollbackError {
  return new RollbackError('TIMED_OUT', `${what} took longer than ${timeoutMs} ms`, {
    hint: 'The target is looked at before anything else happens. If it needs this long, give the step a longer timeout.',
    effect: hasWritten ? 'unknown' : 'none',
  })
}

function whyStopped({ what }: { readonly what: string }, reason: unknown, error: unknown, hasWritten: boolean): RollbackError {
  if (error instanceof RollbackError && error.effect === 'unknown') return error
  const effect = hasWritten ? 'unknown' : 'none'
  if (reason instanceof RollbackError) return new RollbackError(reason.code, reason.message, { hint: reason.hint, effect, canRetry: reason.canRetry })
  return new RollbackError('ABORTED', `${what} was stopped`, { hint: 'The target is looked at before anything else happens.', effect })
}

function refused(what: string, contact: string, why: string): RollbackError {
  return new RollbackError('ABORTED', `${what}: "${contact}" was refused, since ${why}`, { hint: 'The step was given up and may not write any more.', effect: 'none' })
}
