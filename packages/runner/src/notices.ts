import { failureFrom } from './failure.ts'
import { recordSoon, type Session } from './session.ts'
import type { OutboxNotice } from './store.ts'

const longestPauseMs = 60_000

/** Delivers what stands in the outbox of a run, beside the run: it never delays or fails it. */
export class NoticeDelivery {
  readonly #session: Session
  readonly #stop = new AbortController()
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(session: Session) {
    this.#session = session
    // What cannot be sent stays in the outbox for a later process.
    if (session.ports.deliver !== undefined) this.#follow().catch(() => undefined)
  }

  /** Waits a little for messages that are under way; what is not delivered stays in the outbox. */
  async drain(): Promise<void> {
    const { ports } = this.#session
    if (ports.deliver === undefined) return
    await this.#begin().catch(() => undefined)
    const over = Promise.withResolvers<void>()
    const cancel = ports.clock.after(ports.limits.noticeGraceMs, over.resolve)
    await Promise.race([Promise.allSettled(this.#underWay.values()), over.promise])
    cancel()
    this.#stop.abort(new Error('the run has ended'))
  }

  async #follow(): Promise<void> {
    await this.#begin()
    for await (const event of this.#session.events) {
      if (this.#stop.signal.aborted) return
      if (event.type === 'record' && event.record.type === 'notice.queued') await this.#begin()
    }
  }

  async #begin(): Promise<void> {
    for (const notice of await this.#session.writer.pendingNotices()) {
      if (!this.#underWay.has(notice.key)) this.#underWay.set(notice.key, this.#send(notice))
    }
  }

  async #send(notice: OutboxNotice): Promise<void> {
    const { ports, events, run } = this.#session
    const id = notice.key.slice(run.runId.length + 1)
    for (let pauseMs = 1000; !this.#stop.signal.aborted; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      try {
        await ports.deliver?.(notice, this.#stop.signal)
        return recordSoon(this.#session, { type: 'notice.delivered', id })
      } catch (error) {
        events.push({ type: 'notice-failed', id, message: failureFrom(error, true).message })
        await ports.clock.sleep(pauseMs, this.#stop.signal).catch(() => undefined)
      }
    }
  }
}
