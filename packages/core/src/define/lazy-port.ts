import type { ContactObserver, ContactTable } from '../contract/contact.ts'
import { observePort } from './port.ts'

/**
 * The port of one step or check: the one that a setting gave, or made by its package on first use, then kept. Each call gets it wrapped,
 * so that the contacts of that call are announced to its own observer.
 */
export function lazyPort<Client>(
  make: (() => Client) | undefined,
  contacts: ContactTable<Client> | undefined,
  given: Client | undefined,
): (observer: ContactObserver) => Client {
  let made: { readonly client: Client } | undefined
  return (observer) => {
    made ??= { client: given ?? (make?.() as Client) }
    return seenPort(made.client, contacts, observer)
  }
}

/** A port wrapped for one call; as it is when its package names no contacts. */
export function seenPort<Client>(client: Client, contacts: ContactTable<Client> | undefined, observer: ContactObserver): Client {
  return client === undefined || contacts === undefined ? client : observePort(client, contacts, observer)
}
