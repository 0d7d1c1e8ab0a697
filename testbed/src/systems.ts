import { withParts } from './cache.ts'
import type { System } from './system.ts'
import { alembic } from './systems/alembic.ts'
import { flyway } from './systems/flyway.ts'
import { kubernetes } from './systems/kubernetes.ts'
import { liquibase } from './systems/liquibase.ts'
import { liquibase5 } from './systems/liquibase5.ts'
import { postgres16, postgres18 } from './systems/postgres.ts'
import { redis } from './systems/redis.ts'

/** What `pnpm testbed up` starts when no name is given, and what tests ask for. Add a system here. */
export const systems: readonly System[] = [kubernetes, postgres16, postgres18, flyway, liquibase, liquibase5, alembic, redis]

/** A system or a part of one; `undefined` when there is none of that name. */
export function systemNamed(name: string): System | undefined {
  return systems.flatMap(withParts).find((system) => system.name === name)
}

/** Whether there is something to start: a command line tool is only installed. */
export function isStarted(system: System): boolean {
  return withParts(system).some(({ start }) => start !== undefined)
}
