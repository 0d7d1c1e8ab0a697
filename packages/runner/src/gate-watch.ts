import { openGates, viewOf, type OpenGate } from '@backstep/core'
import type { DriveOptions } from './drive.ts'
import type { RunRequest } from './requests.ts'
import { recordSoon, type Session } from './session.ts'

export interface GateWatchPorts {
  readonly begin: (work: () => Promise<void>) => void
  readonly apply: (request: RunRequest) => Promise<void>
  readonly ring: () => void
}

/** Asks about gates while answers come, and notices when they are out of time. */
export class GateWatch {
  readonly #session: Session
  readonly #onGate: DriveOptions['onGate']
  readonly #ports: GateWatchPorts
  readonly #asked = new Set<string>()
  readonly #timers = new Map<string, () => void>()
  /** A gate that is out of time stays open for a late answer: it is told once. */
  readonly #told = new Set<string>()

  constructor(session: Session, { onGate }: Pick<DriveOptions, 'onGate'>, ports: GateWatchPorts) {
    this.#session = session
    this.#onGate = onGate
    this.#ports = ports
  }

  /** Looks at the gates that are open now. True when one of them is out of time. */
  look(): boolean {
    if (this.#session.run.openGates.size === 0) return false
    let isOutOfTime = false
    for (const gate of openGates(this.#session.run)) {
      isOutOfTime = this.#time(gate) || isOutOfTime
      this.#askOnce(gate)
    }
    return isOutOfTime
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel()
  }

  #askOnce(gate: OpenGate): void {
    const key = `${gate.id} ${gate.hash}`
    if (this.#onGate === undefined || this.#asked.has(key)) return
    this.#asked.add(key)
    this.#ports.begin(() => this.#ask(gate))
  }

  /** Again after each answer, for the next person of a quorum. An answer that was given before closes nothing the second time either. */
  async #ask(gate: OpenGate): Promise<void> {
    const given = new Set<string>()
    do {
      const request = await this.#onGate?.(gate, viewOf(this.#session.run))
      if (request === undefined || given.has(JSON.stringify(request))) return
      given.add(JSON.stringify(request))
      await this.#ports.apply(request)
    } while (this.#isOpen(gate))
  }

  #isOpen({ id, hash }: OpenGate): boolean {
    const { broken, run } = this.#session
    return broken === undefined && openGates(run).some((gate) => gate.id === id && gate.hash === hash)
  }

  #time(gate: OpenGate): boolean {
    if (gate.until === undefined || this.#timers.has(gate.id) || this.#told.has(`${gate.id} ${gate.until}`)) return false
    const left = gate.until - this.#session.stamp()
    if (left <= 0) this.#outOfTime(gate)
    else {
      const cancel = this.#session.ports.clock.after(left, () => this.#outOfTime(gate))
      this.#timers.set(gate.id, cancel)
    }
    return left <= 0
  }

  #outOfTime(gate: OpenGate): void {
    this.#timers.delete(gate.id)
    this.#told.add(`${gate.id} ${gate.until}`)
    const isStill = openGates(this.#session.run).some(({ id, until }) => id === gate.id && until === gate.until)
    if (isStill) recordSoon(this.#session, { type: 'gate.timed-out', id: gate.id })
    this.#ports.ring()
  }
}
