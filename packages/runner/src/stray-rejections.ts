import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage<string>()

/** Runs the work of a step, so that a promise which nobody awaits can be told to be its. */
export function within<T>(id: string, work: () => T): T {
  return current.run(id, work)
}

/**
 * While a run goes on, a promise that a step forgot must not end the process. A rejection that comes from no step is treated as if this
 * were not here.
 */
export function guardRejections(tell: (id: string | undefined, message: string) => void): () => void {
  const listener = (reason: unknown): void => {
    const id = current.getStore()
    if (id !== undefined || process.listenerCount('unhandledRejection') > 1) {
      if (id !== undefined) tell(id, reason instanceof Error ? reason.name : typeof reason)
      return
    }
    setImmediate(() => {
      throw reason
    })
  }
  process.on('unhandledRejection', listener)
  return () => process.off('unhandledRejection', listener)
}
