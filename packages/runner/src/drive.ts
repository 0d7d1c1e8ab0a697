import { decide, viewOf, withdraw, type Command, type Decision, type OpenGate, type RunView } from '@backstep/core'
import { applyRequest } from './apply-request.ts'
import { GateWatch } from './gate-watch.ts'
import { NoticeDelivery } from './notices.ts'
import { perform } from './perform.ts'
import type { RunRequest } from './requests.ts'
import { breakDown, outcomesAreDurable, record, recordSurveys, type Session } from './session.ts'

/** What the caller of a run wants to be asked, and how long it waits. */
export interface DriveOptions {
  /**
   * Asked when a gate opens, and again after each answer until the gate closes: a quorum can be filled here. `undefined`, or an answer that
   * was given before: no more from here; the run goes on waiting, or ends as `waiting`.
   */
  readonly onGate?: (gate: OpenGate, view: RunView) => Promise<RunRequest | undefined>
  /** Asked when the run is blocked. `undefined`: the run ends as `blocked` and can be answered and resumed later. */
  readonly onBlocked?: (view: RunView) => Promise<RunRequest | undefined>
  /** Stay in the process while the run waits at a gate or is blocked, and take answers from elsewhere. Default `false`. */
  readonly stay?: boolean
}

/** Carries a run on until it ends, waits for a person, or its journal cannot be written any more. */
export async function drive(session: Session, options: DriveOptions): Promise<RunView> {
  const driver = new Driver(session, options)
  try {
    return await driver.go()
  } finally {
    driver.close()
  }
}

const pollRequestsMs = 500
const commandsPerTurn = 128

class Driver {
  readonly #session: Session
  readonly #options: DriveOptions
  readonly #delivery: NoticeDelivery
  readonly #gates: GateWatch
  /** Commands that wait for their time, and how to end the waiting. */
  readonly #waiting = new Map<string, () => void>()
  #cancelPolling = (): void => undefined
  #running = 0
  /** Something happened since the last decision. */
  #hasRung = false
  #isClosed = false
  #wake: (() => void) | undefined
  #blockedAsked: RunView['blocked'] | undefined

  constructor(session: Session, options: DriveOptions) {
    this.#session = session
    this.#options = options
    this.#delivery = new NoticeDelivery(session)
    const begin = this.#begin.bind(this)
    this.#gates = new GateWatch(session, options, { begin, apply: (request) => this.#apply(request), ring: () => this.#ring() })
    session.stop.onRing(() => this.#wakeSleepers())
    this.#poll()
  }

  async go(): Promise<RunView> {
    const session = this.#session
    await this.#takeRequests()
    for (;;) {
      if (session.broken !== undefined) return this.#giveUp()
      this.#hasRung = false
      recordSurveys(session)
      const decision = decide(session.run)
      if (decision.records.length > 0) {
        await record(session, ...decision.records)
        continue
      }
      this.#act(decision)
      if (this.#gates.look()) continue
      const isIdle = this.#running === 0 && this.#waiting.size === 0
      if (isIdle && (await this.#isOver())) return this.#finish()
      if (session.broken === undefined) await this.#untilRung()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#cancelPolling()
    this.#gates.close()
    for (const cancel of this.#waiting.values()) cancel()
  }

  #ring(): void {
    this.#hasRung = true
    this.#wake?.()
    this.#wake = undefined
  }

  /** Wakes behind everything that goes on in this moment, so that a thousand steps which end together are decided on together. */
  #untilRung(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => process.nextTick(resolve)
      if (this.#hasRung) this.#ring()
    })
  }

  #act({ commands, acquire }: Decision): void {
    if (acquire !== undefined) this.#begin(() => this.#acquire(acquire))
    if (commands.length <= commandsPerTurn) for (const command of commands) this.#schedule(command)
    else this.#spread(commands)
  }

  /** Over turns of the event loop: begun at once, thousands of steps would wait in memory for each other's every move. */
  #spread(commands: readonly Command[]): void {
    let next = 0
    let turn: NodeJS.Immediate | undefined
    const beginSome = (): void => {
      for (const end = next + commandsPerTurn; next < end; next++) {
        const command = commands[next]
        if (command === undefined || !this.#waiting.delete(command.id)) return
        this.#schedule(command)
      }
      turn = setImmediate(beginSome)
    }
    const cancel = (): void => clearImmediate(turn)
    for (const { id } of commands) this.#waiting.set(id, cancel)
    beginSome()
  }

  #schedule(command: Command): void {
    const { ports, stamp, stop } = this.#session
    const delay = (command.notBefore ?? 0) - stamp()
    if (delay <= 0 || stop.hasRung) return this.#begin(() => perform(this.#session, command))
    const cancel = ports.clock.after(delay, () => {
      this.#waiting.delete(command.id)
      this.#begin(() => perform(this.#session, command))
    })
    this.#waiting.set(command.id, cancel)
  }

  #begin(work: () => Promise<void>): void {
    this.#running++
    work().then(
      () => this.#ended(),
      (error: unknown) => {
        breakDown(this.#session, error)
        this.#ended()
      },
    )
  }

  #ended(): void {
    this.#running--
    this.#ring()
  }

  /** Commands that were not started are decided on again, since something has changed: a cancel, an answer. */
  #wakeSleepers(): void {
    for (const [id, cancel] of this.#waiting) {
      cancel()
      withdraw(this.#session.run, id)
    }
    this.#waiting.clear()
    this.#ring()
  }

  async #acquire(keys: readonly string[]): Promise<void> {
    const result = await this.#session.leases.acquireSoon(keys, this.#session.stop.signal)
    if (result.granted) return record(this.#session, { type: 'lease.acquired', tokens: result.tokens })
    const { runId, host, pid } = result.holder.owner
    return record(this.#session, { type: 'lease.refused', key: result.key, holder: `run ${runId} (process ${pid} on ${host})` })
  }

  #poll(): void {
    this.#cancelPolling = this.#session.ports.clock.after(pollRequestsMs, () => {
      this.#takeRequests()
        .catch(() => undefined) // asked again at the next turn
        .finally(() => {
          if (!this.#isClosed) this.#poll()
        })
    })
  }

  async #takeRequests(): Promise<void> {
    const { ports, run } = this.#session
    for (const { name, request } of await ports.requests.take(run.runId)) {
      await this.#apply(request)
      await ports.requests.done(run.runId, name)
    }
  }

  /** A request that cannot be followed now is dropped; whoever asked sees it in the journal, or not. */
  async #apply(request: RunRequest): Promise<void> {
    const problem = await applyRequest(this.#session, request)
    if (problem === undefined) this.#wakeSleepers()
  }

  /** Nothing is under way: true when there is nothing to wait for in this process either. */
  async #isOver(): Promise<boolean> {
    const { run } = this.#session
    if (run.outcome !== undefined) return true
    const isAnswered = run.blocked !== undefined && (await this.#askAboutBlock())
    if (isAnswered) this.#ring()
    return !isAnswered && this.#options.stay !== true
  }

  async #askAboutBlock(): Promise<boolean> {
    const { run } = this.#session
    // After a lost lease this process starts nothing more: the answer is for the next one.
    const isStopped = this.#session.stop.hasRung
    if (isStopped || this.#options.onBlocked === undefined || this.#blockedAsked === run.blocked) return false
    this.#blockedAsked = run.blocked
    const request = await this.#options.onBlocked(viewOf(run))
    if (request === undefined) return false
    return (await applyRequest(this.#session, request)) === undefined
  }

  /** The journal is gone: waits for what runs, so that nothing of this process goes on unseen, then says so. */
  async #giveUp(): Promise<never> {
    while (this.#running > 0) {
      this.#hasRung = false
      await this.#untilRung()
    }
    throw this.#session.broken
  }

  async #finish(): Promise<RunView> {
    await this.#delivery.drain()
    await outcomesAreDurable(this.#session)
    return viewOf(this.#session.run)
  }
}
