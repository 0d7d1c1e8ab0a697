/**
 * Stops everything that goes on in a run. Listeners are kept in a set: adding one to an `AbortSignal` costs as much as there are listeners
 * already, which a thousand steps beside each other would feel.
 */
export class StopBell {
  readonly #controller = new AbortController()
  readonly #listeners = new Set<() => void>()

  /** For what takes a signal. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get hasRung(): boolean {
    return this.#controller.signal.aborted
  }

  get reason(): unknown {
    return this.#controller.signal.reason
  }

  /** Rings once; the first reason stays. */
  ring(reason: unknown): void {
    if (this.hasRung) return
    this.#controller.abort(reason)
    const listeners = new Set(this.#listeners)
    this.#listeners.clear()
    for (const listener of listeners) listener()
  }

  /** Calls back when it rings, at once when it has. The returned function takes it back. */
  onRing(listener: () => void): () => void {
    if (this.hasRung) listener()
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** A bell that rings with a signal from outside. */
export function bellOf(signal: AbortSignal): StopBell {
  const bell = new StopBell()
  if (signal.aborted) bell.ring(signal.reason)
  else signal.addEventListener('abort', () => bell.ring(signal.reason), { once: true })
  return bell
}
