/** Decides when a disk sync may block the event loop. Times are milliseconds of a monotonic clock. */
export interface SyncPace {
  /** True while syncs are fast: then waiting in place is cheaper than a trip through the thread pool. */
  readonly mayBlock: () => boolean
  /** True when blocking syncs have taken their share of this turn of the event loop: let timers and sockets run first. */
  readonly isTurnSpent: () => boolean
  /** Told how long each sync took. */
  readonly took: (milliseconds: number, hasBlocked: boolean) => void
}

export interface SyncPaceOptions {
  /** Runs a callback in the next turn of the event loop. Default: `setImmediate`. */
  readonly onNextTurn?: (callback: () => void) => void
  /** Default 8. */
  readonly turnShareMs?: number
}

const slowMs = 2
const defaultTurnShareMs = 8
/** Of the newest sync in the average: about the last eight count. */
const newestWeight = 1 / 8
const trialEvery = 16
const longestTrialMs = 25

/**
 * A blocking sync saves about a third of a fast disk's time, but on a slow disk it would hold up heartbeats and timers. So syncs block only
 * while they took less than 2 ms on average lately, and together get about 8 ms in each turn of the event loop. The average starts as that of
 * a slow disk.
 *
 * The time of a sync that does not block holds the trip through the thread pool too, which takes long on a busy machine, however fast the
 * disk is. So after 16 slow ones one is tried blocking, unless they take so long that this would be felt; when it is fast, it is believed.
 */
export function syncPace(options: SyncPaceOptions = {}): SyncPace {
  const { onNextTurn = setImmediate, turnShareMs = defaultTurnShareMs } = options
  let averageMs = 2 * slowMs
  let slowOnes = 0
  let spentMs = 0
  let isTurnWatched = false

  const startNextTurn = (): void => {
    spentMs = 0
    isTurnWatched = false
  }
  return {
    mayBlock: () => averageMs < slowMs || (slowOnes >= trialEvery && averageMs < longestTrialMs),
    isTurnSpent: () => spentMs >= turnShareMs,
    took: (milliseconds, hasBlocked) => {
      const wasTrial = hasBlocked && averageMs >= slowMs
      averageMs = wasTrial && milliseconds < slowMs ? milliseconds : averageMs + (milliseconds - averageMs) * newestWeight
      slowOnes = hasBlocked || averageMs < slowMs ? 0 : slowOnes + 1
      if (!hasBlocked) return
      spentMs += milliseconds
      if (isTurnWatched) return
      isTurnWatched = true
      onNextTurn(startNextTurn)
    },
  }
}
