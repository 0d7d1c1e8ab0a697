import { type ContactTable, defineCheck, observePort, RollbackError } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { contactLog, testContext } from './contexts.ts'
import { demoFactory, type DemoPort, demoStep, demoWork } from './demo-step.ts'
import { failureOf } from './failure-of.ts'

interface SqlPort {
  readonly url: string
  connect(session: {
    readonly mode: 'read' | 'write'
  }): Promise<{ readonly pid: number; query(statement: string): Promise<string>; close(): Promise<void> }>
  copy(options: { readonly dryRun: boolean }): Promise<void>
}

const sqlContacts: ContactTable<SqlPort> = {
  connect: {
    mode: 'read',
    session: ({ mode }) => ({ query: { mode: (statement) => (statement === 'select' ? 'read' : mode) }, close: 'read' }),
  },
  copy: { mode: ({ dryRun }) => (dryRun ? 'read' : 'write') },
}

const sql: SqlPort = {
  url: 'postgres://somewhere',
  connect: async () => ({ pid: 7, query: async (statement) => `did ${statement}`, close: async () => undefined }),
  copy: async () => undefined,
}

describe('the port of a step', () => {
  it('is made on first use, and only once', async () => {
    let made = 0
    const client = (): DemoPort => {
      made++
      return { get: async () => 'old', set: async () => undefined }
    }
    const factory = demoFactory({ client })
    const step = factory({ name: 'a', to: 'new' })
    expect(made).toBe(0)
    await step.prepare(testContext())
    await step.execute(demoWork(), testContext())
    await step.prepare(testContext())
    expect(made).toBe(1)
    await factory({ name: 'b', to: 'new' }).prepare(testContext())
    expect(made).toBe(2)
  })

  it('is not made at all when a setting gives one', async () => {
    const given: DemoPort = { get: async () => 'given', set: async () => undefined }
    const client = (): never => {
      throw new Error('made although one was given')
    }
    expect(await demoStep({ client }, { client: given }).prepare(testContext())).toMatchObject({ prepared: { before: 'given' } })
  })

  it('that cannot be made fails like a call of it, and is made again at the next call', async () => {
    let calls = 0
    const client = (): DemoPort => {
      calls++
      if (calls === 1) throw new Error('no route')
      return { get: async () => 'old', set: async () => undefined }
    }
    const step = demoStep({ client })
    expect(await failureOf(() => step.prepare(testContext()))).toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
    expect(await step.prepare(testContext())).toMatchObject({ summary: 'set' })
  })

  it('of a check is kept for every look', async () => {
    let made = 0
    const check = defineCheck({
      kind: 'demo.look',
      options: z.strictObject({}),
      target: () => ({ system: 'demo', name: 'x' }),
      client: (): { look(): Promise<void> } => {
        made++
        return { look: async () => undefined }
      },
      contacts: { look: 'read' },
      async sample({ client }) {
        await client.look()
        return { status: 'healthy', evidence: [] }
      },
    })({})
    const { calls, contacts } = contactLog()
    await check.sample(testContext({ contacts }))
    await check.sample(testContext({ contacts }))
    expect(made).toBe(1)
    expect(calls.filter(({ when }) => when === 'before')).toHaveLength(2)
  })
})

describe('every contact is announced', () => {
  it('before and after, with its name and mode, to the observer of its own call', async () => {
    const step = demoStep()
    const [first, second] = [contactLog(), contactLog()]
    await step.prepare(testContext({ contacts: first.contacts }))
    await step.execute(demoWork(), testContext({ contacts: second.contacts }))
    expect(first.calls).toEqual([
      { name: 'get', mode: 'read', when: 'before' },
      { name: 'get', mode: 'read', when: 'after' },
    ])
    expect(second.calls).toEqual([
      { name: 'set', mode: 'write', when: 'before' },
      { name: 'set', mode: 'write', when: 'after' },
    ])
  })

  it('also the contacts of a session, with the mode in which it was opened', async () => {
    const { calls, contacts } = contactLog()
    const port = observePort(sql, sqlContacts, contacts)
    const session = await port.connect({ mode: 'write' })
    expect(await session.query('select')).toBe('did select')
    await session.query('delete')
    await session.close()
    expect(session.pid).toBe(7)
    expect(port.url).toBe('postgres://somewhere')
    expect(calls.filter(({ when }) => when === 'before').map(({ name, mode }) => `${name} ${mode}`)).toEqual([
      'connect read',
      'connect.query read',
      'connect.query write',
      'connect.close read',
    ])
  })

  it('with a mode that its arguments decide', async () => {
    const { calls, contacts } = contactLog()
    const port = observePort(sql, sqlContacts, contacts)
    await port.copy({ dryRun: true })
    await port.copy({ dryRun: false })
    expect(calls.filter(({ when }) => when === 'before').map(({ mode }) => mode)).toEqual(['read', 'write'])
  })

  it('and one that failed as failed', async () => {
    const { calls, contacts } = contactLog()
    const port: DemoPort = { get: () => Promise.reject(new Error('gone')), set: async () => undefined }
    await expect(observePort<DemoPort>(port, { get: 'read', set: 'write' }, contacts).get()).rejects.toThrow('gone')
    expect(calls.map(({ when }) => when)).toEqual(['before', 'failed'])
  })

  it('and is not made when the observer refuses it', async () => {
    let sent = 0
    const refusal = new RollbackError('LEASE_LOST', 'lost', { hint: 'Stop.', effect: 'none' })
    const port: DemoPort = {
      get: async () => 'old',
      set: async () => {
        sent++
      },
    }
    const contacts = { before: () => Promise.reject(refusal), after: () => undefined }
    const failure = await failureOf(() => demoStep({}, { client: port }).execute(demoWork(), testContext({ contacts })))
    expect(failure).toBe(refusal)
    expect(sent).toBe(0)
  })
})

describe('a method that is not in the table', () => {
  it('is refused before anything is sent, since a write of it would go unseen', async () => {
    let sent = 0
    const client = (): object => ({
      get: async () => {
        sent++
        return 'old'
      },
    })
    const failure = await failureOf(() => demoStep({ client, contacts: { set: 'write' } }).prepare(testContext()))
    expect(failure).toMatchObject({ code: 'INTERNAL', effect: 'none', message: 'The port method "get" is not in the table of contacts' })
    expect(sent).toBe(0)
  })

  it('also when its name is one that every object has', async () => {
    const port = observePort({ toString: async () => 'x' }, {} as never, contactLog().contacts)
    expect(await failureOf(() => port.toString())).toMatchObject({ code: 'INTERNAL' })
  })

  it('of a session too', async () => {
    const port = observePort(
      sql,
      { ...sqlContacts, connect: { mode: 'read', session: () => ({ close: 'read' }) as never } },
      contactLog().contacts,
    )
    const session = await port.connect({ mode: 'read' })
    expect((await failureOf(() => session.query('select'))).message).toContain('"connect.query"')
  })
})

describe('the port keeps its own ways', () => {
  it('its methods see their own object, private fields too', async () => {
    class Counter {
      #count = 0
      async next(): Promise<number> {
        return ++this.#count
      }
    }
    const port = observePort(new Counter(), { next: 'read' }, contactLog().contacts)
    expect(await port.next()).toBe(1)
    expect(await port.next()).toBe(2)
  })
})
