import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ownPostgres } from '../src/index.ts'

const server = await ownPostgres({ major: 16, isArchiving: true, settings: { archive_timeout: '1h' } })
const small = await ownPostgres({ diskMegabytes: 96 })

describe('a PostgreSQL server of one file', () => {
  it('keeps what was committed when it is killed, and starts again on its port', async () => {
    const database = await server.database()
    await database.sql('create table kept as select 1 as id')
    await server.stop('kill')
    await expect(database.sql('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await server.start()
    expect(await database.sql('select id from kept')).toEqual([{ id: 1 }])
  })

  it('takes other settings with the next start', async () => {
    await server.stop()
    await server.start({ work_mem: '7MB' })
    expect(await server.sql('postgres', 'show work_mem')).toEqual([{ work_mem: '7MB' }])
  })

  it('goes back to a point in time from a base backup and its archive', async () => {
    const database = await server.database()
    await database.sql('create table history (what text)')
    const backup = await server.baseBackup()
    await database.sql(`insert into history values ('good')`)
    const [row] = await server.sql('postgres', 'select clock_timestamp()::text as time')
    await database.sql(`insert into history values ('bad')`)
    await server.sql('postgres', 'select pg_switch_wal()')
    await expect.poll(() => readdirSync(server.archiveFolder).length, { timeout: 20_000 }).toBeGreaterThan(0)
    await expect
      .poll(
        async () =>
          (
            await server.sql(
              'postgres',
              `select last_archived_wal >= (select pg_walfile_name(min_recovery_lsn) from (select pg_current_wal_lsn() - 1 as min_recovery_lsn) w) as done from pg_stat_archiver`,
            )
          )[0]?.['done'],
        { timeout: 20_000 },
      )
      .toBe(true)
    appendFileSync(
      join(backup, 'postgresql.auto.conf'),
      `restore_command = 'cp "${server.archiveFolder}/%f" "%p"'\nrecovery_target_time = '${row?.['time']}'\nrecovery_target_action = 'promote'\n`,
    )
    writeFileSync(join(backup, 'recovery.signal'), '')
    const copy = await server.startCopy(backup)
    expect(await copy.sql(database.name, 'select what from history')).toEqual([{ what: 'good' }])
    expect(await server.sql(database.name, 'select what from history order by what')).toEqual([{ what: 'bad' }, { what: 'good' }])
    await expect
      .poll(async () => (await copy.sql('postgres', 'select pg_is_in_recovery() as is'))[0]?.['is'], { timeout: 20_000 })
      .toBe(false)
  })

  it('runs out of disk with an error, not a crash, and works on once there is room', async () => {
    const database = await small.database()
    await database.sql('create table big (text text)')
    const makeRoom = await small.fillDisk()
    const fill = () => database.sql(`insert into big select repeat(md5(i::text), 100) from generate_series(1, 2000) i`)
    await expect(fill()).rejects.toMatchObject({ code: '53100' })
    await makeRoom()
    await fill()
    expect(await database.sql('select count(*)::int as rows from big')).toEqual([{ rows: 2000 }])
  })

  it('says where its log is', () => {
    expect(existsSync(server.logFile)).toBe(true)
    expect(readFileSync(server.logFile, 'utf8')).toContain('connection')
  })
})
