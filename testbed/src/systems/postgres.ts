import {
  factsOf,
  isReady,
  newPassword,
  newServer,
  newServerOnSmallDisk,
  type PostgresFacts,
  superuserName,
  testRoleName,
} from '../database/postgres-process.ts'
import { askAs } from '../database/postgres-ask.ts'
import type { StartContext, System } from '../system.ts'
import { type PostgresMajor, postgresPrograms } from './postgres-programs.ts'

/** A server of that major with a role for tests; everybody shares it, each test in a database of its own. */
function postgres(major: PostgresMajor, version: string): System {
  return {
    name: `postgres${major}`,
    version,
    summary: `a PostgreSQL ${major} server on loopback, passwords checked, and its client programs`,
    needs: [],
    cost: { installSeconds: 0, diskMegabytes: 0, startSeconds: 2, memoryMegabytes: 60 },
    parts: [postgresPrograms],
    async start(context) {
      await startServer(context, { major, settings: {} })
    },
    async health(settings) {
      const { port } = factsOf(settings)
      return (await isReady(major, port)) ? undefined : `takes no connections on port ${port}`
    },
  }
}

export const postgres16: System = postgres(16, '16.14')
export const postgres18: System = postgres(18, '18.4')

export const postgresSystems: Readonly<Record<PostgresMajor, System>> = { 16: postgres16, 18: postgres18 }

export interface ServerStart {
  readonly major: PostgresMajor
  readonly settings: Readonly<Record<string, string>>
  /** Its data on a disk of that size. */
  readonly diskMegabytes?: number | undefined
}

/** Makes a server's files in the folder of the instance, starts it, and makes the role for tests. */
export async function startServer(context: StartContext, { major, settings, diskMegabytes }: ServerStart): Promise<void> {
  const superuserPassword = newPassword()
  const testRolePassword = newPassword()
  const port = await context.freePort()
  const files = { folder: context.folder, major, password: superuserPassword, settings: { port: String(port), ...settings } }
  const { dataFolder, command } = diskMegabytes === undefined ? await newServer(files) : await newServerOnSmallDisk(files, diskMegabytes)
  const facts: PostgresFacts = { major, port, dataFolder, superuserPassword, testRolePassword }
  context.keep({ ...facts, superuserUrl: `postgresql://${superuserName}@127.0.0.1:${port}/postgres` })
  const [program, ...args] = command
  await context.run('postgres', program, args)
  await context.until('PostgreSQL takes connections', () => isReady(major, port))
  await askAs(facts, 'postgres', `create role ${testRoleName} login createdb password '${testRolePassword}'`)
}
