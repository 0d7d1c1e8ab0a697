import { RollbackError, type ContactObserver } from '@backstep/core'
import type { RunnerClock } from './clock.ts'
import { afterUnlessSoon } from './late-timer.ts'
import type { StopBell } from './stop-bell.ts'
import { ContactWatch, whyStopped, type ContactWatchOptions } from './contact-watch.ts'

export interface CallOptions extends ContactWatchOptions {
  readonly clock: RunnerClock
  readonly timeoutMs: number
  readonly graceMs: number
  /** Aborts the call from outside: cancel, lost lease. */
  readonly stop: StopBell
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
  const { clock, what } = options
  const controller = new AbortController()
  const stop = controller.signal
  const watch = new ContactWatch(options, stop)
  return new Promise<T>((resolve, reject) => {
    let cancelTimer = (): void => undefined
    let forget = (): void => undefined
    const finish = (settle: () => void): void => {
      cancelTimer()
      forget()
      watch.close()
      settle()
    }
    const halt = (reason: unknown): void => {
      cancelTimer()
      controller.abort(reason)
      cancelTimer = clock.after(options.graceMs, () => finish(() => reject(whyStopped(what, reason, undefined, watch.mayHaveWritten()))))
    }
    cancelTimer = afterUnlessSoon(clock, options.timeoutMs, () => halt(timedOut(options, watch.mayHaveWritten())))
    forget = options.stop.onRing(() => halt(options.stop.reason))
    const fail = (error: unknown): void =>
      finish(() => reject(stop.aborted ? whyStopped(what, stop.reason, error, watch.mayHaveWritten()) : error))
    begin(call, { abortSignal: stop, contacts: watch }).then((result) => {
      if (watch.isOpen()) watch.refuseForgotten().catch(fail)
      else finish(() => resolve(result))
    }, fail)
  })
}

/** A method that throws before it returns its promise is no different from one that rejects. No async function: each costs a promise more. */
function begin<T>(call: (scope: CallScope) => Promise<T>, scope: CallScope): Promise<T> {
  try {
    return Promise.resolve(call(scope))
  } catch (error) {
    return Promise.reject(error as Error)
  }
}

function timedOut({ what, timeoutMs }: CallOptions, mayHaveWritten: boolean): RollbackError {
  return new RollbackError('TIMED_OUT', `${what} took longer than ${timeoutMs} ms`, {
    hint: 'The target is looked at before anything else happens. If it needs this long, give the step a longer timeout.',
    effect: mayHaveWritten ? 'unknown' : 'none',
  })
}
