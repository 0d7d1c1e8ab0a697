import { openGates, viewOf, type OpenGate } from '@backstep/core'
import type { DriveOptions } from './drive.ts'
import type { RunRequest } from './requests.ts'
import { recordSoon, type Session } from './session.ts'

/** Asks about gates once, and notices when they are out of time. */
export interface GateWatch {
  /** Looks at the gates that are open now. */
  look(): void
  close(): void
}

export interface GateWatchPorts {
  readonly begin: (work: () => Promise<void>) => void
  readonly apply: (request: RunRequest) => Promise<void>
  readonly ring: () => void
}

export function watchGates(session: Session, { onGate }: Pick<DriveOptions, 'onGate'>, { begin, apply, ring }: GateWatchPorts): GateWatch {
  const asked = new Set<string>()
  const timers = new Map<string, () => void>()

  const ask = async (gate: OpenGate): Promise<void> => {
    const request = await onGate?.(gate, viewOf(session.run))
    if (request !== undefined) await apply(request)
  }
  const outOfTime = (gate: OpenGate): void => {
    timers.delete(gate.id)
    const isStill = openGates(session.run).some(({ id, until }) => id === gate.id && until === gate.until)
    if (isStill) recordSoon(session, { type: 'gate.timed-out', id: gate.id })
    ring()
  }
  const time = (gate: OpenGate): void => {
    if (gate.until === undefined || timers.has(gate.id)) return
    const left = gate.until - session.stamp()
    if (left <= 0) outOfTime(gate)
    else
      timers.set(
        gate.id,
        session.ports.clock.after(left, () => outOfTime(gate)),
      )
  }
  return {
    look() {
      if (session.run.openGates.size === 0) return
      for (const gate of openGates(session.run)) {
        time(gate)
        const key = `${gate.id} ${gate.hash}`
        if (onGate === undefined || asked.has(key)) continue
        asked.add(key)
        begin(() => ask(gate))
      }
    },
    close() {
      for (const cancel of timers.values()) cancel()
    },
  }
}
