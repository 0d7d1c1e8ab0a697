import type { ContactDetail, ContactMode, ContactObserver, ContactTable } from '../contract/contact.ts'
import { RollbackError } from '../contract/errors.ts'

type Method = (...args: readonly unknown[]) => unknown
type Table = Readonly<Record<string, ContactMode | ContactDetail<unknown>>>

/**
 * A port whose every contact is announced to the observer before it is made and after it was answered. A method without an entry in the
 * table is a defect of the package: it is refused, so that no write can go unseen.
 */
export function observePort<Port>(port: Port, table: ContactTable<Port>, observer: ContactObserver, prefix = ''): Port {
  return new Proxy(port as object, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== 'function' || typeof key !== 'string') return member
      return contactOf(target, member as Method, table as Table, observer, prefix, key)
    },
  }) as Port
}

function contactOf(target: object, method: Method, table: Table, observer: ContactObserver, prefix: string, key: string): Method {
  return (...args) => {
    const entry = Object.hasOwn(table, key) ? table[key] : undefined
    if (entry === undefined) throw undeclared(prefix + key)
    const detail = typeof entry === 'string' ? { mode: entry } : (entry as { mode: ContactMode | Method; session?: Method })
    const mode = typeof detail.mode === 'string' ? detail.mode : (detail.mode(...args) as ContactMode)
    const call = { name: prefix + key, mode }
    const made = (async () => {
      await observer.before(call)
      const answer = await answerOf(
        () => method.apply(target, args as unknown[]),
        () => observer.failed?.(call),
      )
      await observer.after(call)
      if (!('session' in detail) || detail.session === undefined) return answer
      return observePort(answer, detail.session(...args) as ContactTable<unknown>, observer, `${call.name}.`)
    })()
    made.catch(() => undefined) // a contact that the step forgot to await must not end the process
    return made
  }
}

async function answerOf(contact: () => unknown, onFailure: () => void): Promise<unknown> {
  try {
    return await contact()
  } catch (error) {
    onFailure()
    throw error
  }
}

function undeclared(name: string): RollbackError {
  return new RollbackError('INTERNAL', `The port method "${name}" is not in the table of contacts`, {
    hint: 'This is a defect of the step: its author has to add the method to the table.',
    effect: 'none',
  })
}
