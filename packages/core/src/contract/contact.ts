/**
 * One call through a client port.
 *
 * - `read`: changes nothing, dry runs included.
 * - `write`: may change the world. The engine looks at abort and lease right before each one.
 * - `process`: starts a child process; treated like a write.
 */
export type ContactMode = 'read' | 'write' | 'process'

/**
 * The contacts of a port: each method by name, with its mode. A method whose mode depends on its arguments gives a function; a method that
 * returns a session (a database connection) also names the contacts of that session. Members that are no methods have no entry.
 *
 * From this table the conformance kit crashes a step before and after every contact, and the engine refuses a write of a process that was
 * aborted or lost its lease, without a line in any step. That takes time, so every method returns a promise.
 */
export type ContactTable<Port> = {
  readonly [M in keyof Port as NonNullable<Port[M]> extends (...args: never) => unknown ? M : never]-?: ContactEntry<NonNullable<Port[M]>>
}

export type ContactEntry<Method> = Method extends (...args: never) => PromiseLike<unknown>
  ? ContactMode | ContactDetail<Method>
  : 'every method of a port returns a promise'

export interface ContactDetail<Method> {
  readonly mode: ContactMode | (Method extends (...args: infer Args) => unknown ? (...args: Args) => ContactMode : never)
  readonly session?: Method extends (...args: infer Args) => unknown ? (...args: Args) => ContactTable<Awaited<ReturnType<Method>>> : never
}

/** One contact as the engine sees it. */
export interface ContactCall {
  /** `'patch'`, or `'connect.query'` for a call of a session. */
  readonly name: string
  readonly mode: ContactMode
}

/** Called around every contact. A throw from `before` refuses the contact: nothing has been sent. */
export interface ContactObserver {
  before(call: ContactCall): void | Promise<void>
  after(call: ContactCall): void | Promise<void>
  /** The contact ended with an error of the backend. Must not throw. */
  failed?(call: ContactCall): void
}
