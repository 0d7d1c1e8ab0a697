import type { ContactCall, ContactObserver } from '@backstep/core'
import { died } from '../memory/mortal-ports.ts'
import type { StepMethod } from './call.ts'

/** What happens once, at one contact of a run. */
export interface Disturbance {
  /** Counted over the whole run, from 1. */
  readonly contact: number
  readonly when: 'before' | 'after'
  /** `die`: the process ends. `hang`: no answer ever comes. A function: what the client throws. */
  readonly act: 'die' | 'hang' | ((call: ContactCall) => Error)
}

export interface SeenContact extends ContactCall {
  readonly method: StepMethod
}

/** Sees every contact of a run over all its processes, and disturbs one of them. */
export interface Trap {
  readonly contacts: readonly SeenContact[]
  wasSprung(): boolean
  /** For one process. */
  observer(process: { die(): Promise<void>; isDead(): boolean; onHang(): void }): (id: string, what: string) => ContactObserver
}

export function trap(disturbance: Disturbance | undefined): Trap {
  const contacts: SeenContact[] = []
  const numbers = new WeakMap<ContactCall, number>()
  let sprung = false
  return {
    contacts,
    wasSprung: () => sprung,
    observer: (process) => {
      const spring = async (call: ContactCall, when: Disturbance['when']): Promise<void> => {
        if (process.isDead()) throw died()
        if (sprung || disturbance === undefined || disturbance.when !== when || disturbance.contact !== numbers.get(call)) return
        sprung = true
        if (typeof disturbance.act === 'function') throw disturbance.act(call)
        if (disturbance.act === 'die') {
          await process.die()
          throw died()
        }
        process.onHang()
        await new Promise<never>(() => undefined)
      }
      return (_id, what) => ({
        async before(call) {
          if (process.isDead()) throw died()
          numbers.set(call, contacts.push({ ...call, method: what as StepMethod }))
          await spring(call, 'before')
        },
        after: (call) => spring(call, 'after'),
        failed(call) {
          if (disturbance?.act === 'die') void spring(call, 'after').catch(() => undefined)
        },
      })
    },
  }
}
