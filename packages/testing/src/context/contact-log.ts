import { RollbackError, type ContactCall, type ContactMode, type ContactObserver } from '@backstep/core'

/** One contact that a step made, or tried to make. */
export interface RecordedContact {
  readonly name: string
  readonly mode: ContactMode
  /** `refused`: nothing was sent. `open`: no answer yet. `failed`: the backend answered with an error. */
  readonly state: 'refused' | 'open' | 'answered' | 'failed'
}

interface Entry {
  readonly name: string
  readonly mode: ContactMode
  state: RecordedContact['state']
}

/** Every contact of a step in the order in which they were tried. */
export interface ContactLog extends ContactObserver {
  readonly contacts: readonly RecordedContact[]
  /** Something was sent that may have changed the world. */
  hasWritten(): boolean
  open(): readonly string[]
}

/**
 * Records contacts, and refuses them once the signal is aborted, as the runner does. `inner` is told of each contact that is let through;
 * what it throws is what the step sees.
 */
export function contactLog(abortSignal: AbortSignal, inner?: ContactObserver): ContactLog {
  const contacts: Entry[] = []
  const entries = new WeakMap<ContactCall, Entry>()
  const hasWritten = (): boolean => contacts.some(({ mode, state }) => mode !== 'read' && state !== 'refused')
  const end = (call: ContactCall, state: Entry['state']): void => {
    const entry = entries.get(call)
    if (entry?.state === 'open') entry.state = state
  }
  return {
    contacts,
    hasWritten,
    open: () => contacts.filter(({ state }) => state === 'open').map(({ name }) => name),
    async before(call) {
      const hadWritten = hasWritten()
      const entry: Entry = { name: call.name, mode: call.mode, state: 'open' }
      contacts.push(entry)
      entries.set(call, entry)
      try {
        if (abortSignal.aborted) throw stopped(abortSignal.reason, hadWritten)
        await inner?.before(call)
      } catch (error) {
        entry.state = 'refused'
        throw error
      }
    },
    async after(call) {
      end(call, 'answered')
      await inner?.after(call)
    },
    failed(call) {
      end(call, 'failed')
      inner?.failed?.(call)
    },
  }
}

function stopped(reason: unknown, hasWritten: boolean): RollbackError {
  const effect = hasWritten ? 'unknown' : 'none'
  if (reason instanceof RollbackError)
    return new RollbackError(reason.code, reason.message, { hint: reason.hint, effect, canRetry: reason.canRetry })
  return new RollbackError('ABORTED', 'The call was stopped', { hint: 'The target is looked at before anything else happens.', effect })
}
