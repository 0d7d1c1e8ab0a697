import { copyFile, mkdtemp, readFile, writeFile, truncate, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sequence, plan, require, type Json, type RollbackStep } from '@backstep/core'
import { ownPostgres } from '@backstep/testbed'
import { recordingContext, type RecordingContext } from '@backstep/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  backupCatalog,
  compareDatabases,
  databasesAlike,
  dumpDatabase,
  findBackup,
  restoreBeside,
  swapDatabases,
  verifyBackup,
  type Backup,
} from '../src/index.ts'
import { placeOf, postgresLab, urlSecret, worldOf, type PostgresLab } from './postgres-lab.ts'
import { shopBackup } from './restore-bench.ts'

const server = await ownPostgres({ major: 18, settings: { wal_level: 'logical' } })
const lab: PostgresLab = await postgresLab(placeOf(server))
afterAll(() => lab.cleanUp())

const reach = { server: 'lab', url: urlSecret, binaries: lab.binaries }
const contextNow = (): RecordingContext =>
  recordingContext({ secrets: { PG_URL: lab.url }, clock: { now: () => Date.now(), sleep: async () => undefined } })
const reading = () => ({ ...contextNow().step, read: () => null as never })
const shopUrl = lab.url.replace(/\/postgres$/, '/shop')
let backup: Backup

beforeAll(async () => {
  backup = await shopBackup(lab)
})

/** Prepares and executes, as a run does. */
async function execute(step: RollbackStep): Promise<{ readonly receipt: unknown; readonly findings: readonly string[] }> {
  const context = contextNow()
  const preparation = await step.prepare(context.prepare)
  const findings = (preparation.findings ?? []).map(({ level, code }) => `${level} ${code}`)
  const work = { prepared: preparation.prepared, snapshot: null, mark: context.prepare.mark, receipt: undefined }
  const receipt = findings.some((finding) => finding.startsWith('blocker')) ? undefined : await step.execute(work, context.execute)
  await context.cleanUp()
  return { receipt, findings }
}

async function copyOf(change: (bytes: Buffer) => Buffer): Promise<string> {
  const path = join(await mkdtemp(join(lab.folder, 'copy-')), 'shop.dump')
  await writeFile(path, change(await readFile(backup.path)))
  return path
}
const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 400)
const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes)
  const at = copy.length - 300
  copy[at] = (copy[at] ?? 0) ^ 0x10
  return copy
}
const find = (path: string) => findBackup({ ...reach, folder: join(path, '..'), file: path.split('/').at(-1) }).read(reading())

describe('what the tools do, and the steps must not', () => {
  it.each([
    ['cut', cut],
    ['flipped', flipped],
  ])('pg_restore --list takes a %s archive for good, reading it finds the damage', async (_, change) => {
    const path = await copyOf(change)
    expect((await lab.tool('pg_restore', ['--list', path])).exitCode).toBe(0)
    expect((await lab.tool('pg_restore', ['--file=/dev/null', path])).exitCode).toBe(1)
    await expect(find(path)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
  })

  it('pg_restore --clean over a live database ends with a mix; in one transaction it changes nothing', async () => {
    await lab.sql('drop database if exists mixed')
    await lab.sql('create database mixed template shop')
    await lab.sql("create table newer(id int references orders(id));\ninsert into orders(item) values ('new')", 'mixed')
    const url = lab.url.replace(/\/postgres$/, '/mixed')
    const rows = async (): Promise<Json> => (await lab.rows('select count(*)::int as n from orders', 'mixed'))[0]?.['n'] ?? null
    const args = ['--clean', '--if-exists', `--dbname=${url}`, backup.path]
    expect((await lab.tool('pg_restore', ['--single-transaction', '--exit-on-error', ...args])).exitCode).toBe(1)
    expect(await rows()).toBe(101)
    const { exitCode, errors } = await lab.tool('pg_restore', args)
    expect({ exitCode, errors }).toMatchObject({ exitCode: 1, errors: expect.stringContaining('errors ignored on restore') as string })
    await lab.drop('mixed')
  })

  it('pg_restore refuses -j with one transaction, an SQL text, and leaves out keys with -t', async () => {
    expect((await lab.tool('pg_restore', ['-j', '2', '-1', '-d', 'x', backup.path])).errors).toContain('cannot specify both')
    const text = join(lab.folder, 'text.sql')
    await lab.tool('pg_dump', [`--file=${text}`, shopUrl])
    expect((await lab.tool('pg_restore', ['-f', '/dev/null', text])).errors).toContain('psql')
    await lab.sql('create database onetable')
    const target = lab.url.replace(/\/postgres$/, '/onetable')
    expect((await lab.tool('pg_restore', ['-t', 'orders', '-d', target, backup.path])).exitCode).toBe(0)
    expect(await lab.rows("select 1 as key from pg_constraint where conrelid = 'orders'::regclass and contype = 'p'", 'onetable')).toEqual(
      [],
    )
    await lab.drop('onetable')
  })

  it('psql without ON_ERROR_STOP ends with 0 after an error', async () => {
    const file = join(lab.folder, 'wrong.sql')
    await writeFile(file, 'select 1/0;\n')
    expect((await lab.tool('psql', ['-X', '-f', file, lab.url])).exitCode).toBe(0)
  })
})

describe('a backup that is chosen', () => {
  it.each(['custom', 'directory', 'tar', 'plain', 'gzip'])('is restored from the %s format, equal to what was dumped', async (format) => {
    const path = join(await mkdtemp(join(lab.folder, 'format-')), 'shop.dump')
    await lab.tool('pg_dump', [`--format=${format === 'gzip' ? 'plain' : format}`, `--file=${path}`, shopUrl])
    if (format === 'gzip') await writeFile(path, gzipSync(await readFile(path)))
    const { backup: found } = await find(path)
    expect(found).toMatchObject({ format, tables: 2, owners: ['postgres'] })
    await execute(restoreBeside({ ...reach, backup: found, as: 'side', like: 'shop' }))
    const compared = await compareDatabases({ server: 'lab', url: urlSecret, one: 'shop', other: 'side' }).read(reading())
    expect(compared).toEqual({ isAlike: true, tables: 2, rows: '101', differences: [] })
    await lab.drop('side')
  })

  it('is refused when it is empty, no backup, cut, or names the database that it goes into', async () => {
    const folder = await mkdtemp(join(lab.folder, 'bad-'))
    const paths = ['empty.dump', 'other.txt', 'cut.sql', 'cut.sql.gz', 'create.sql'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
      string,
      string,
    ]
    await writeFile(paths[0], '')
    await writeFile(paths[1], 'hello')
    await lab.tool('pg_dump', [`--file=${paths[2]}`, shopUrl])
    await writeFile(paths[3], gzipSync(await readFile(paths[2])).subarray(0, 500))
    await truncate(paths[2], 900)
    await lab.tool('pg_dump', ['--create', `--file=${paths[4]}`, shopUrl])
    const codes = await Promise.all(
      paths.map((path) =>
        find(path).then(
          () => 'taken',
          (error: { readonly code: string }) => error.code,
        ),
      ),
    )
    expect(codes).toEqual(['NOT_SUPPORTED', 'NOT_SUPPORTED', 'PRECONDITION_FAILED', 'PRECONDITION_FAILED', 'NOT_SUPPORTED'])
  })

  it('is checked again by its size and time, and byte by byte where that is asked', async () => {
    const path = await copyOf((bytes) => bytes)
    const { backup: found } = await find(path)
    const verify = verifyBackup({ ...reach, backup: found })
    expect(await verify.sample(reading())).toMatchObject({ status: 'healthy' })
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.from('x')]))
    await expect(execute(restoreBeside({ ...reach, backup: found, as: 'side' }))).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(await verify.sample(reading())).toMatchObject({ status: 'unhealthy' })
  })

  it('of another major version, with roles or extensions that are missing, or without rows is blocked at preview', async () => {
    const wrong: Backup = {
      ...backup,
      serverVersion: '99.1',
      toolVersion: '99.1',
      owners: ['nobody_here'],
      extensions: ['nothing_like_it'],
      tables: 0,
    }
    const { findings } = await execute(restoreBeside({ ...reach, backup: wrong, as: 'side' }))
    expect(findings.toSorted()).toEqual(
      ['empty-backup', 'extension-missing', 'newer-backup', 'older-tool', 'role-missing'].map((code) => `blocker db-restore.${code}`),
    )
  })

  it('leaves nothing behind when it cannot be restored', async () => {
    const path = await copyOf(flipped)
    const { findings, receipt } = await execute(
      restoreBeside({ ...reach, backup: { ...backup, path, ...(await sizeOf(path)) }, as: 'side' }),
    ).catch((error: unknown) => ({ findings: [], receipt: error }))
    expect({ findings, receipt }).toMatchObject({ receipt: { code: 'REJECTED', effect: 'none' } })
    expect(await worldOf(lab, 'side')).toEqual({})
  })
})

async function sizeOf(path: string): Promise<{ readonly bytes: number; readonly modifiedAtMs: number }> {
  const [entry] = (await backupCatalog({ ...reach, folder: join(path, '..') }).read(reading())).backups
  return { bytes: entry?.bytes ?? 0, modifiedAtMs: Date.parse(entry?.modifiedAt ?? '') }
}

describe('a dump as a safety net', () => {
  it('is catalogued with its hash, found again, and refused once a bit of it has changed', async () => {
    const folder = await mkdtemp(join(lab.folder, 'net-'))
    const { receipt } = (await execute(dumpDatabase({ ...reach, database: 'shop', folder }))) as { receipt: { backup: Backup } }
    const { backups } = await backupCatalog({ ...reach, folder }).read(reading())
    expect(backups).toMatchObject([{ path: receipt.backup.path, sha256: receipt.backup.sha256 }])
    expect(await findBackup({ ...reach, folder }).read(reading())).toMatchObject({ backup: receipt.backup })
    await copyFile(await copyOf((bytes) => Buffer.concat([bytes])), receipt.backup.path)
    await expect(findBackup({ ...reach, folder }).read(reading())).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
  })

  it('does not wait for a locked table, and leaves no file of no bytes', async () => {
    const folder = await mkdtemp(join(lab.folder, 'locked-'))
    const failed = await lab.inDatabase('shop', async (session) => {
      await session.apply('begin; lock table orders in access exclusive mode')
      return execute(dumpDatabase({ ...reach, database: 'shop', folder, lockTimeout: '200ms' })).catch((error: unknown) => error)
    })
    expect(failed).toMatchObject({ code: 'REJECTED', effect: 'none', message: expect.stringContaining('timeout') as string })
    expect(await readdir(folder)).toEqual([])
  })
})

describe('two databases', () => {
  it('of equal counts and other rows are told apart, and so are sequences', async () => {
    await lab.drop('other')
    await lab.sql('create database other template shop')
    await lab.sql(`update orders set item = 'changed' where id = 7;\nselect nextval('orders_id_seq')`, 'other')
    const verdict = await databasesAlike({ server: 'lab', url: urlSecret, one: 'shop', other: 'other' }).sample(reading())
    expect(verdict).toMatchObject({
      status: 'unhealthy',
      actual: expect.stringMatching(/2 differences: table public.orders.*sequence public.orders_id_seq/) as string,
    })
    await lab.drop('other')
  })

  it('are not exchanged when the name for the old one is taken, or a replication slot belongs to one of them', async () => {
    await lab.sql('create database here;\ncreate database there')
    const swap = swapDatabases({ server: 'lab', url: urlSecret, live: 'here', side: 'there', keepAs: 'shop' })
    const context = contextNow()
    await lab.sql("select pg_create_logical_replication_slot('follows', 'pgoutput')", 'here')
    const { findings = [] } = await swap.prepare(context.prepare)
    expect(findings.map(({ code }) => code)).toEqual(['db-restore.name-taken', 'db-restore.replicated'])
    await lab.sql("select pg_drop_replication_slot('follows')")
    await lab.drop('here', 'there')
  })
})

it('composes: dump, restore beside, compare, exchange', () => {
  const restored = restoreBeside({ ...reach, backup, as: 'side', like: 'shop' })
  const swap = swapDatabases({ server: 'lab', url: urlSecret, live: 'shop', side: restored.output.database, keepAs: 'shop_before' })
  const alike = databasesAlike({ server: 'lab', url: urlSecret, one: 'shop', other: restored.output.database })
  expect(
    plan({
      name: 'restore',
      steps: sequence(dumpDatabase({ ...reach, database: 'shop', folder: lab.folder }), restored, require(alike), swap),
    }).risk,
  ).toContain('data-loss')
})
