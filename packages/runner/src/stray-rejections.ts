import { AsyncLocalStorage } from 'node:async_hooks'

type Tell = (message: string) => void

const current = new AsyncLocalStorage<Tell>()
let runs = 0

/** Runs the work of a step, so that a promise which nobody awaits can be told to be its. */
export function within<T>(tell: Tell, work: () => T): T {
  return current.run(tell, work)
}

/**
 * While a run goes on, a promise that a step forgot must not end the process. A rejection that comes from no step is treated as if this
 * were not here. One listener serves all runs of the process: several would take each other for a program that listens itself.
 */
export function guardRejections(): () => void {
  if (runs++ === 0) process.on('unhandledRejection', listener)
  return () => {
    if (--runs === 0) process.off('unhandledRejection', listener)
  }
}

function listener(reason: unknown): void {
  const tell = current.getStore()
  if (tell !== undefined) return tell(reason instanceof Error ? reason.name : typeof reason)
  if (process.listenerCount('unhandledRejection') > 1) return
  setImmediate(() => {
    throw reason
  })
}
