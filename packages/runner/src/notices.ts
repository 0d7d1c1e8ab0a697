import type { OutboxNotice } from './store.ts'
import { recordSoon, type Session } from './session.ts'
import { failureFrom } from './failure.ts'

/** Messages of a run on their way to people, beside the run. */
export interface Delivery {
  /** Waits a little for messages that are under way; what is not delivered stays in the outbox. */
  drain(): Promise<void>
}

const longestPauseMs = 60_000

/** Delivers what stands in the outbox. Never delays or fails the run. */
export function deliverNotices(session: Session): Delivery {
  const { ports, events } = session
  const { deliver } = ports
  if (deliver === undefined) return { drain: async () => undefined }
  const stop = new AbortController()
  const underWay = new Map<string, Promise<void>>()
  const idOf = ({ key }: OutboxNotice): string => key.slice(session.run.runId.length + 1)

  const send = async (notice: OutboxNotice): Promise<void> => {
    for (let pauseMs = 1000; !stop.signal.aborted; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      try {
        await deliver(notice, stop.signal)
        return recordSoon(session, { type: 'notice.delivered', id: idOf(notice) })
      } catch (error) {
        events.push({ type: 'notice-failed', id: idOf(notice), message: failureFrom(error, true).message })
        await ports.clock.sleep(pauseMs, stop.signal).catch(() => undefined)
      }
    }
  }
  const begin = async (): Promise<void> => {
    for (const notice of await session.writer.pendingNotices()) {
      if (underWay.has(notice.key)) continue
      underWay.set(notice.key, send(notice))
    }
  }
  void (async () => {
    await begin()
    for await (const event of events) {
      if (stop.signal.aborted) return
      if (event.type === 'record' && event.record.type === 'notice.queued') await begin()
    }
  })().catch(() => undefined) // the outbox keeps them; a later run or `deliverPending` sends them
  return {
    async drain() {
      await begin().catch(() => undefined)
      const over = new Promise<void>((resolve) => {
        ports.clock.after(ports.limits.noticeGraceMs, resolve)
      })
      await Promise.race([Promise.allSettled(underWay.values()), over])
      stop.abort(new Error('the run has ended'))
    },
  }
}
