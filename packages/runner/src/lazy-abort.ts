/** An abort controller whose signal is made when somebody asks for it: making one costs as much as a short call. */
export interface LazyAbort {
  readonly aborted: boolean
  readonly reason: unknown
  readonly signal: AbortSignal
  abort(reason: unknown): void
}

export function lazyAbort(): LazyAbort {
  let controller: AbortController | undefined
  let aborted = false
  let why: unknown
  return {
    get aborted() {
      return aborted
    },
    get reason() {
      return why
    },
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        if (aborted) controller.abort(why)
      }
      return controller.signal
    },
    abort(reason) {
      if (aborted) return
      aborted = true
      why = reason
      controller?.abort(reason)
    },
  }
}
