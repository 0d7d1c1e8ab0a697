import type { ContactTable } from '@backstep/core'

export interface Setting {
  readonly value: string
  /** Grows with every write of this setting and never comes back. */
  readonly version: number
  readonly changedBy: string
}

export interface Call {
  readonly token: string
  readonly abortSignal: AbortSignal
}

/** What the step needs of the service. One method is one call. */
export interface SettingsClient {
  read(name: string, call: Call): Promise<Setting>
  /** Changes nothing and fails with status 412 when the version is another one. */
  write(
    name: string,
    change: { readonly value: string; readonly changedBy: string; readonly ifVersion: number },
    call: Call,
  ): Promise<Setting>
}

export const settingsContacts: ContactTable<SettingsClient> = { read: 'read', write: 'write' }

/** A service of settings in memory that behaves like a real one where a step relies on it. */
export interface SettingsService {
  readonly client: SettingsClient
  readonly valuesOf: () => Readonly<Record<string, string>>
  /** Every write that was applied, by anyone. */
  readonly writeCount: () => number
  /** Somebody else writes. */
  readonly set: (name: string, value: string) => void
  /** Every later call fails with this status. */
  readonly failWith: (status: number | undefined) => void
}

export const plantedToken = 'canary-5e1f77a0c2'

export function settingsService(initial: Readonly<Record<string, string>>): SettingsService {
  const settings = new Map<string, Setting>()
  let writes = 0
  let failure: number | undefined
  const store = (name: string, value: string, changedBy: string): Setting => {
    const next = { value, changedBy, version: (settings.get(name)?.version ?? 0) + 1 }
    settings.set(name, next)
    writes++
    return next
  }
  const enter = ({ token, abortSignal }: Call): void => {
    abortSignal.throwIfAborted()
    if (failure !== undefined) throw statusError(failure)
    if (token !== plantedToken) throw statusError(401)
  }
  for (const [name, value] of Object.entries(initial)) store(name, value, 'release')
  return {
    client: {
      async read(name, call) {
        enter(call)
        return settings.get(name) ?? notFound()
      },
      async write(name, { value, changedBy, ifVersion }, call) {
        enter(call)
        if (settings.get(name)?.version !== ifVersion) throw statusError(412)
        return store(name, value, changedBy)
      },
    },
    valuesOf: () => Object.fromEntries([...settings].map(([name, { value }]) => [name, value])),
    writeCount: () => writes,
    set: (name, value) => void store(name, value, 'somebody else'),
    failWith(status) {
      failure = status
    },
  }
}

/** As an HTTP client throws it: the whole request hangs on the error, the credential too. */
export function statusError(status: number): Error {
  return Object.assign(new Error(`the service answered ${status}`), {
    status,
    request: { headers: { authorization: `Bearer ${plantedToken}` } },
  })
}

function notFound(): never {
  throw statusError(404)
}
