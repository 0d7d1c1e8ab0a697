import { type ContactTable, defineCheck, defineQuery, defineStep, type StepFactory } from '@backstep/core'
import { describe, it } from 'vitest'
import * as z from 'zod'

interface FlagPort {
  readonly region: string
  read(flag: string): Promise<string>
  write(flag: string, value: string): Promise<void>
}
interface SqlPort {
  connect(session: { readonly mode: 'read' | 'write' }): Promise<{ query(statement: string): Promise<number>; close(): Promise<void> }>
}
declare const port: FlagPort

describe('a table of contacts names every method of its port', () => {
  it('with a mode', () => {
    const table: ContactTable<FlagPort> = { read: 'read', write: 'write' }
    return table
  })
  it('and misses none', () => {
    // @ts-expect-error write is missing
    const table: ContactTable<FlagPort> = { read: 'read' }
    return table
  })
  it('and has none too many', () => {
    // @ts-expect-error no such method
    const table: ContactTable<FlagPort> = { read: 'read', write: 'write', remove: 'write' }
    // @ts-expect-error no method
    const other: ContactTable<FlagPort> = { read: 'read', write: 'write', region: 'read' }
    return [table, other]
  })
  it('with a mode that exists', () => {
    // @ts-expect-error no such mode
    const table: ContactTable<FlagPort> = { read: 'read', write: 'delete' }
    return table
  })
  it('in a step, a query and a check alike', () => {
    const contacts = { read: 'read', write: 'write' } as const
    const read = { kind: 'demo.read', options: z.object({}), target: () => ({ system: 'demo', name: 'x' }), client: () => port } as const
    const verdict = async () => ({ status: 'healthy', evidence: [] }) as const
    defineCheck({ ...read, contacts, sample: verdict })
    // @ts-expect-error write is missing
    defineCheck({ ...read, contacts: { read: 'read' }, sample: verdict })
    defineQuery({ ...read, contacts, result: z.object({ a: z.string() }), read: async () => ({ a: '' }) })
    // @ts-expect-error no such mode
    defineQuery({ ...read, contacts: { read: 'look', write: 'write' }, result: z.object({ a: z.string() }), read: async () => ({ a: '' }) })
    const step = {
      ...read,
      prepared: z.object({}),
      receipt: z.object({}),
      traits: { risk: 'none', idempotency: 'natural', fencing: 'lease-only' },
      toRollbackError: (cause: unknown) => cause as Error,
      prepare: async () => ({ prepared: {}, summary: '', changes: [], guards: [], leases: [], risk: [] }),
      probe: async () => ({ at: 'before' }) as const,
      execute: async () => ({}),
      verify: verdict,
    } as const
    defineStep({ ...step, contacts })
    // @ts-expect-error no such method
    defineStep({ ...step, contacts: { read: 'read', write: 'write', remove: 'write' } })
  })
})

describe('a session has contacts of its own', () => {
  it('whose mode may depend on how it was opened', () => {
    const table: ContactTable<SqlPort> = { connect: { mode: 'read', session: ({ mode }) => ({ query: mode, close: 'read' }) } }
    return table
  })
  it('and misses none either', () => {
    // @ts-expect-error close is missing
    const table: ContactTable<SqlPort> = { connect: { mode: 'read', session: ({ mode }) => ({ query: mode }) } }
    return table
  })
  it('and a mode that depends on the arguments gets those of the method', () => {
    const table: ContactTable<FlagPort> = { read: 'read', write: { mode: (flag) => (flag === 'x' ? 'read' : 'write') } }
    // @ts-expect-error a text is no number
    const wrong: ContactTable<FlagPort> = { read: 'read', write: { mode: (flag: number) => (flag === 1 ? 'read' : 'write') } }
    return [table, wrong]
  })
})

describe('a contact takes time', () => {
  it('so a method that returns no promise cannot be one', () => {
    // @ts-expect-error returns no promise
    const table: ContactTable<{ now(): number }> = { now: 'read' }
    // @ts-expect-error an iterable is no promise
    const stream: ContactTable<{ dump(): AsyncIterable<Uint8Array> }> = { dump: 'read' }
    return [table, stream]
  })
})

describe('the port is a setting', () => {
  it('of its own type', () => {
    const step = {} as StepFactory<{ readonly flag: string }, { readonly version: number }, 'reversible', FlagPort>
    step({ flag: 'a' }, { client: port })
    // @ts-expect-error half a port
    step({ flag: 'a' }, { client: { read: async () => '' } })
  })
})
