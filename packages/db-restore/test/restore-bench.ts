import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepBench } from '@backstep/testing'
import { dumpDatabase, restoreBeside, retireDatabase, swapDatabases, type Backup } from '../src/index.ts'
import { urlSecret, worldOf, type PostgresLab } from './postgres-lab.ts'

let cases = 0
const nextPrefix = (): string => `c${++cases}_`

/** A shop with a hundred orders and its backup; the database stays, for its shape. */
export async function shopBackup(lab: PostgresLab, format = 'custom'): Promise<Backup> {
  await lab.drop('shop')
  await lab.sql('create database shop')
  await lab.sql(
    `create table orders(id serial primary key, item text not null);\ninsert into orders(item) select 'item ' || n from generate_series(1, 100) n;\ncreate table customers(id int primary key, name text);\ninsert into customers values (1, 'Ada')`,
    'shop',
  )
  const path = join(lab.folder, `shop.${format}`)
  await lab.tool('pg_dump', [`--format=${format}`, `--file=${path}`, lab.url.replace(/\/postgres$/, '/shop')])
  return lab.backupOf(path)
}

/** Restores into a name of its own; somebody else makes a database of that name, or makes it again. */
export async function restoreBench(lab: PostgresLab, backup: Backup, secrets: Readonly<Record<string, string>>): Promise<StepBench> {
  const prefix = nextPrefix()
  const as = `${prefix}restored`
  const { binaries } = lab
  return {
    make: (late) => restoreBeside({ server: 'lab', url: urlSecret, binaries, backup: late(backup), as, like: 'shop' }),
    secrets,
    world: () => worldOf(lab, prefix),
    async drift() {
      await lab.drop(as)
      await lab.sql(`create database "${as}"`)
      await lab.sql('create table theirs(id int)', as)
    },
    writes: () => lab.nextTransaction(),
    cutConnections: () => lab.endSessions(),
    async tearDown() {
      await lab.endSessions()
      const left = await lab.rows(`select datname::text as name from pg_database where datname like '${prefix}%'`)
      await lab.drop(...left.map(({ name }) => String(name)))
    },
  }
}

/** Databases that tell who they are, to copy. */
export async function whoTemplates(lab: PostgresLab): Promise<void> {
  for (const name of ['who_live', 'who_side']) {
    await lab.sql(`create database ${name}`)
    await lab.sql(`create table who(name text);\ninsert into who values ('${name}')`, name)
  }
}

/** Two databases that exchange their names; somebody else makes another one live. */
export async function swapBench(lab: PostgresLab, secrets: Readonly<Record<string, string>>): Promise<StepBench> {
  const prefix = nextPrefix()
  const [live, side, keepAs] = ['live', 'side', 'old'].map((name) => `${prefix}${name}`) as [string, string, string]
  await lab.sql(`create database "${live}" template who_live;\ncreate database "${side}" template who_side`)
  return {
    make: () => swapDatabases({ server: 'lab', url: urlSecret, live, side, keepAs }),
    secrets,
    world: () => worldOf(lab, prefix),
    async drift() {
      await lab.sql(`alter database "${live}" rename to "${prefix}elsewhere";\ncreate database "${live}"`)
    },
    writes: () => lab.nextTransaction(),
    cutConnections: () => lab.endSessions(),
    async tearDown() {
      await lab.endSessions()
      await lab.drop(live, side, keepAs, `${prefix}elsewhere`)
    },
  }
}

/** Dumps the shop into a folder of its own; marks are taken off the names. */
export async function dumpBench(lab: PostgresLab, secrets: Readonly<Record<string, string>>): Promise<StepBench> {
  const folder = join(lab.folder, nextPrefix())
  const { binaries } = lab
  return {
    make: () => dumpDatabase({ server: 'lab', url: urlSecret, binaries, database: 'shop', folder }),
    secrets,
    world: async () => {
      const names = await readdir(folder).catch(() => [])
      return names
        .map((name) => name.replace(/\.[0-9a-f]{12}\./, '.'))
        .filter((name) => !name.endsWith('.part'))
        .toSorted()
    },
    writes: () => lab.nextTransaction(),
    cutConnections: () => lab.endSessions(),
    tearDown: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Drops a database that was kept; somebody else gives it another name. */
export async function retireBench(lab: PostgresLab, secrets: Readonly<Record<string, string>>): Promise<StepBench> {
  const prefix = nextPrefix()
  const [database, live] = [`${prefix}old`, `${prefix}live`]
  await lab.sql(`create database "${database}";\ncreate database "${live}"`)
  return {
    make: () => retireDatabase({ server: 'lab', url: urlSecret, database, live }),
    secrets,
    world: () => worldOf(lab, prefix),
    async drift() {
      await lab.drop(`${prefix}elsewhere`)
      const [isThere] = await lab.rows(`select 1 as there from pg_database where datname = '${database}'`)
      if (isThere !== undefined) await lab.sql(`alter database "${database}" rename to "${prefix}elsewhere"`)
      await lab.sql(`create database "${database}"`)
      await lab.sql('create table theirs(id int)', database)
    },
    writes: () => lab.nextTransaction(),
    cutConnections: () => lab.endSessions(),
    async tearDown() {
      await lab.endSessions()
      await lab.drop(database, live, `${prefix}elsewhere`)
    },
  }
}
