import type { Command, ProgressEvent, RunRecord } from '@backstep/core'

/** What happens in a run, for a terminal, a web page or a log. Records are told once they are durable. */
export type RunEvent =
  | { readonly type: 'record'; readonly record: RunRecord }
  | { readonly type: 'started'; readonly command: Command }
  | { readonly type: 'progress'; readonly id: string; readonly progress: ProgressEvent }
  /** Something that a step did wrong without harming the run: a promise that nobody awaited. */
  | { readonly type: 'stray-rejection'; readonly id: string; readonly message: string }
  | { readonly type: 'notice-failed'; readonly id: string; readonly message: string }

/** One producer, any number of readers, each from the beginning. */
export interface EventStream extends AsyncIterable<RunEvent> {
  push(event: RunEvent): void
  end(): void
}

/** Events are kept until the stream is garbage: a run has thousands, not millions. A slow reader delays nobody. */
export function eventStream(onEvent?: (event: RunEvent) => void): EventStream {
  const events: RunEvent[] = []
  let isEnded = false
  let wake: PromiseWithResolvers<void> | undefined
  const ring = (): void => {
    wake?.resolve()
    wake = undefined
  }
  return {
    push(event) {
      events.push(event)
      try {
        onEvent?.(event)
      } catch {
        // A listener that throws must not harm the run.
      }
      ring()
    },
    end() {
      isEnded = true
      ring()
    },
    async *[Symbol.asyncIterator]() {
      for (let next = 0; ;) {
        const event = events[next]
        if (event !== undefined) {
          next++
          yield event
        } else if (isEnded) return
        else await (wake ??= Promise.withResolvers<void>()).promise
      }
    },
  }
}
