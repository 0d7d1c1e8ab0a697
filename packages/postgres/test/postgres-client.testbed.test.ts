import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { type RollbackError, secret } from '@backstep/core'
import { system } from '@backstep/testbed'
import { afterAll, describe, expect, it } from 'vitest'
import {
  databaseLease,
  endSessionsNamed,
  isBusy,
  postgresClient,
  readOnly,
  serverIdentity,
  sessionName,
  sessionsNamed,
  sqlStateOf,
  transaction,
  withSession,
} from '../src/index.ts'

const servers = { 16: await system('postgres16'), 18: await system('postgres18') }
const client = postgresClient({ url: secret('SHOP_DATABASE') })
const context = (url: string, abortSignal = new AbortController().signal) => ({ abortSignal, reveal: () => Promise.resolve(url) })
const failureOf = (work: Promise<unknown>): Promise<RollbackError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as RollbackError,
  )

describe.each([16, 18] as const)('a transaction on PostgreSQL %i', (major) => {
  const server = servers[major]

  it('is written whole, or not at all', async () => {
    const { url, sql } = await server.database()
    const add = (value: string) =>
      transaction(client, context(url), { name: 'test' }, async (session) => {
        await session.apply('create table if not exists users (id int primary key)')
        await session.query('insert into users values ($1)', [1])
        return session.apply(`insert into users values (${value}); select * from users`)
      })
    expect(await failureOf(add(`'x'`))).toMatchObject({
      code: 'REJECTED',
      effect: 'none',
      message: 'a script (INSERT INTO …): a value does not fit (SQLSTATE 22P02)',
    })
    expect(await sql(`select to_regclass('users') as users`)).toEqual([{ users: null }])
    expect(await add('2')).toMatchObject([
      { command: 'INSERT', rowCount: 1 },
      { command: 'SELECT', rowCount: 2, rows: [{ id: 1 }, { id: 2 }] },
    ])
    expect(await sql('select count(*)::int as users from users')).toEqual([{ users: 2 }])
  })

  it('knows that the answer to COMMIT was lost, and no more than that', async () => {
    const { name, sql } = await server.database()
    const proxy = await server.faultProxy()
    const url = server.urlOf({ database: name, port: proxy.port })
    const add = (id: number) =>
      transaction(client, context(url), { name: 'test' }, (session) => session.apply(`create table t${id} (id int)`))
    const sent = proxy.inject({ act: 'cut', at: { bytes: (bytes: Buffer) => bytes.includes('commit') } })
    expect(await failureOf(add(1))).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown' })
    const lost = proxy.inject({ act: 'drop', at: { bytes: (bytes: Buffer) => bytes.includes('commit') } })
    expect(await failureOf(add(2))).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown' })
    expect([sent.count, lost.count]).toEqual([1, 1])
    expect(await sql(`select to_regclass('t1') as t1, to_regclass('t2')::text as t2`)).toEqual([{ t1: null, t2: 't2' }])
  })

  it('had no effect when the connection was lost before COMMIT', async () => {
    const { name } = await server.database()
    const proxy = await server.faultProxy()
    const url = server.urlOf({ database: name, port: proxy.port })
    const fault = proxy.inject({ act: 'drop', at: { bytes: (bytes: Buffer) => bytes.includes('create table') } })
    const failure = await failureOf(
      transaction(client, context(url), { name: 'test' }, (session) => session.apply('create table t (id int)')),
    )
    expect(failure).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'none', canRetry: true })
    expect(fault.count).toBe(1)
  })

  it('finds what must not be in it: an error that was caught, and a COMMIT of its own', async () => {
    const { url, sql } = await server.database()
    const caught = transaction(client, context(url), { name: 'test' }, async (session) => {
      await session.apply('create table caught (id int)')
      await session.apply('select 1 / 0').catch(() => undefined)
    })
    expect(await failureOf(caught)).toMatchObject({ code: 'REJECTED', effect: 'none' })
    const committed = transaction(client, context(url), { name: 'test' }, (session) =>
      session.apply('create table committed (id int); commit'),
    )
    expect(await failureOf(committed)).toMatchObject({ code: 'OUTCOME_UNKNOWN', effect: 'unknown' })
    expect(await sql(`select to_regclass('caught') as caught, to_regclass('committed')::text as committed`)).toEqual([
      { caught: null, committed: 'committed' },
    ])
  })

  it('waits for a lock for as long as it may', async () => {
    const { superuserUrl, sql } = await server.database()
    await sql('create table held (id int)')
    await withSession(client, context(superuserUrl), { mode: 'write', name: 'holder' }, async (holder) => {
      await holder.apply('begin; lock table held in access exclusive mode')
      const writing = transaction(client, context(superuserUrl), { name: 'test', lockTimeoutMs: 50 }, (session) =>
        session.apply('alter table held add name text'),
      )
      expect(await failureOf(writing)).toMatchObject({ code: 'LEASE_HELD', effect: 'none', canRetry: true })
      const looking = await failureOf(
        readOnly(client, context(superuserUrl), { name: 'test', lockTimeoutMs: 50 }, (session) => session.query('select id from held')),
      )
      expect(isBusy(looking)).toBe(true)
    })
  })
})

describe('a look', () => {
  const server = servers[18]

  it('is refused by the server when it writes, also outside of its transaction', async () => {
    const { url } = await server.database()
    const writing = await failureOf(readOnly(client, context(url), { name: 'test' }, (session) => session.apply('create table t (id int)')))
    expect(sqlStateOf(writing)).toBe('25006')
    const later = readOnly(client, context(url), { name: 'test' }, (session) => session.apply('commit; create table t (id int)'))
    expect(sqlStateOf(await failureOf(later))).toBe('25006')
  })

  it('gives plain data that a journal can hold', async () => {
    const { url } = await server.database()
    const select = `select 1::int as i, 2::bigint as b, 1.50::numeric as n, true as t, '{"a": [1]}'::jsonb as j, null::int as none,
      '2026-02-03 04:05:06+00'::timestamptz as at, array['x'] as list, $1::int[] as ints, $2::jsonb as given`
    const [row] = await readOnly(client, context(url), { name: 'test' }, (session) => session.query(select, [[1, 2], { a: 'b' }]))
    expect(row).toEqual({
      i: 1,
      b: '2',
      n: '1.50',
      t: true,
      j: { a: [1] },
      none: null,
      at: '2026-02-03 04:05:06+00',
      list: '{x}',
      ints: '{1,2}',
      given: { a: 'b' },
    })
  })

  it('takes one statement, so that no value can become another one', async () => {
    const { url } = await server.database()
    const two = readOnly(client, context(url), { name: 'test' }, (session) => session.query('select 1; select 2'))
    expect(sqlStateOf(await failureOf(two))).toBe('42601')
  })

  it('says which server and database it sees, by whatever name', async () => {
    const { url, superuserUrl, oid, name } = await server.database()
    const look = (from: string) => readOnly(client, context(from), { name: 'test' }, serverIdentity)
    const [one, other] = [await look(url), await look(superuserUrl)]
    expect(one).toMatchObject({
      database: name,
      databaseOid: oid,
      major: 18,
      isInRecovery: false,
      role: 'tester',
      isSuperuser: false,
      timeline: 1,
    })
    expect(other).toMatchObject({ role: 'postgres', isSuperuser: true })
    expect(databaseLease(one)).toBe(databaseLease(other))
    const elsewhere = await readOnly(client, context(url), { name: 'test', database: 'postgres' }, serverIdentity)
    expect(elsewhere.database).toBe('postgres')
    expect(databaseLease(elsewhere)).not.toBe(databaseLease(one))
  })
})

describe('a session with our mark', () => {
  const server = servers[16]

  it('is found by a later one and ended with all that it had open', async () => {
    const { url } = await server.database()
    const name = sessionName('m4rk', 'undo')
    const left = await client.connect({ mode: 'write', name }, context(url))
    await left.apply('create table t (id int)')
    await left.apply('begin; lock table t in access exclusive mode')
    await withSession(client, context(url), { mode: 'write', name }, async (session) => {
      expect(await sessionsNamed(session, name)).toMatchObject([
        { processId: left.processId, name, state: 'idle in transaction', isInTransaction: true },
      ])
      expect(await sessionsNamed(session, 'another')).toEqual([])
      expect(await endSessionsNamed(session, name)).toEqual([])
      await session.apply('begin; lock table t in access exclusive mode nowait; commit')
    })
    expect(await failureOf(left.apply('commit'))).toMatchObject({ code: 'BACKEND_UNAVAILABLE', effect: 'unknown' })
    await left[Symbol.asyncDispose]()
  })

  it('stops at the server when the step is aborted in the middle of a statement', async () => {
    const { url, sql } = await server.database()
    const stopper = new AbortController()
    const name = sessionName('abort')
    const sleeping = failureOf(
      transaction(client, context(url, stopper.signal), { name }, (session) => session.apply('select pg_sleep(60)')),
    )
    const count = async () =>
      (await sql(`select count(*)::int as n from pg_stat_activity where application_name = $1 and state = 'active'`, [name]))[0]?.['n']
    await expect.poll(count).toBe(1)
    stopper.abort()
    expect(await sleeping).toMatchObject({ code: 'ABORTED', effect: 'none' })
    await expect.poll(count, { timeout: 5_000 }).toBe(0)
  })
})

describe('a connection that cannot be had', () => {
  const server = servers[18]
  const canary = 'c4nary-pa55word'

  it.each([
    ['OPTIONS_INVALID', () => `postgresql://user:${canary}/x@127.0.0.1/db`],
    ['OPTIONS_INVALID', () => `mysql://user:${canary}@127.0.0.1/db`],
    ['OPTIONS_INVALID', () => canary],
    ['OPTIONS_INVALID', () => `postgresql://postgres:${canary}@127.0.0.1:${server.port}/postgres?sslmode=verify-full`],
    ['OPTIONS_INVALID', () => `postgresql://postgres:${canary}@127.0.0.1:${server.port}/postgres?sslmode=verify-full&sslrootcert=/nowhere`],
    ['PERMISSION_DENIED', () => `postgresql://tester:${canary}@127.0.0.1:${server.port}/postgres`],
    ['PERMISSION_DENIED', () => `postgresql://tester@127.0.0.1:${server.port}/postgres`],
    ['PERMISSION_DENIED', () => `postgresql://nobody:${canary}@127.0.0.1:${server.port}/postgres`],
    ['TARGET_NOT_FOUND', () => server.urlOf({ database: 'nowhere' })],
    ['BACKEND_UNAVAILABLE', () => `postgresql://tester:${canary}@127.0.0.1:1/postgres`],
  ])('says %s, had no effect and keeps the password to itself (%#)', async (code, url) => {
    const error = await failureOf(readOnly(client, context(url()), { name: 'test' }, serverIdentity))
    expect(error).toMatchObject({ code, effect: 'none', message: expect.stringContaining('SHOP_DATABASE') })
    const cause = error.cause as (Error & { readonly code?: string }) | undefined
    const everything = [
      error.message,
      error.hint,
      error.stack,
      cause?.message,
      cause?.stack,
      JSON.stringify(error),
      JSON.stringify(cause ?? ''),
    ]
    expect(everything.join('\n')).not.toContain(canary)
    expect(everything.join('\n')).not.toContain(server.role.password)
  })

  it('is given up after its time', async () => {
    const { name } = await server.database()
    const proxy = await server.faultProxy()
    proxy.inject({ act: 'hang', at: { connection: 1 } })
    const impatient = postgresClient({ url: secret('SHOP_DATABASE'), connectTimeoutMs: 200 })
    const error = await failureOf(
      readOnly(impatient, context(server.urlOf({ database: name, port: proxy.port })), { name: 'test' }, serverIdentity),
    )
    expect(error).toMatchObject({ code: 'TIMED_OUT', effect: 'none', canRetry: true })
  })
})

describe('a pooler', () => {
  const server = servers[16]
  const relays: Server[] = []
  afterAll(() => relays.forEach((relay) => relay.close()))

  /** As a pooler does, it tells the client another process id than that of the server's session. */
  function asPooler(): Promise<number> {
    const relay = createServer((inward) => {
      const outward = connect(server.port, '127.0.0.1')
      inward.pipe(outward)
      outward.on('data', (bytes: Buffer) => {
        const key = bytes.indexOf(Buffer.from([0x4b, 0, 0, 0, 12]))
        if (key >= 0) bytes.writeUInt32BE(77, key + 5)
        inward.write(bytes)
      })
      for (const socket of [inward, outward])
        socket.on('error', () => undefined).on('close', () => [inward, outward].forEach((one) => one.destroy()))
    })
    relays.push(relay)
    return new Promise((resolve) => relay.listen(0, '127.0.0.1', () => resolve((relay.address() as AddressInfo).port)))
  }

  it('is noticed and refused', async () => {
    const { name } = await server.database()
    const url = server.urlOf({ database: name, port: await asPooler() })
    expect(await failureOf(readOnly(client, context(url), { name: 'test' }, serverIdentity))).toMatchObject({
      code: 'NOT_SUPPORTED',
      effect: 'none',
      message: expect.stringContaining('pooler'),
    })
  })
})

describe('a script', () => {
  it('that is refused says where', async () => {
    const { url } = await servers[18].database()
    const script = 'create table one (id int);\ncreate table two (id int);\ncreate tabel three (id int)'
    const error = await failureOf(transaction(client, context(url), { name: 'test' }, (session) => session.apply(script)))
    expect(error.message).toBe('a script (CREATE TABLE …), line 3: syntax error at or near "tabel" (SQLSTATE 42601)')
  })
})
