import { joinCluster, type KubernetesCluster } from './cluster/cluster.ts'
import { joinPostgres, type PostgresServer } from './database/postgres-server.ts'
import { ensureInstalled } from './install.ts'
import { readInstance, sharedFolder } from './instance.ts'
import { progressOn, quietly } from './progress.ts'
import { thisProcess } from './processes.ts'
import { ensureRunning, leave, type RunningOptions } from './running.ts'
import { type System, TestbedError } from './system.ts'
import { systemNamed } from './systems.ts'
import { type CommandTool, commandTool, type PythonTool, pythonTool } from './tools.ts'
import { type RedisPrograms, redisPrograms } from './database/redis-programs.ts'

/** What one gets for the name of a system. */
export interface SystemsForTests {
  readonly kubernetes: KubernetesCluster
  readonly postgres16: PostgresServer
  readonly postgres18: PostgresServer
  readonly flyway: CommandTool
  readonly liquibase: CommandTool
  readonly liquibase5: CommandTool
  readonly alembic: PythonTool
  readonly redis: RedisPrograms
}

interface Joined<Value> {
  readonly system: Value
  /** Removes what was made through it. */
  readonly release: () => Promise<void>
}

type Joiner<Value> = (system: System, options: RunningOptions) => Promise<Joined<Value>>

const nothingToRelease = async (): Promise<void> => undefined

async function postgres(system: System, options: RunningOptions): Promise<Joined<PostgresServer>> {
  const { folder } = await ensureRunning(system, options)
  const settings = readInstance(folder)?.state.settings
  if (settings === undefined) throw new TestbedError(`no ${system.name} runs from ${folder}`, { hint: 'Start it again.' })
  const { server, release } = joinPostgres(settings)
  return { system: server, release }
}

/** A system of which nothing runs: installed, and that is all. */
function tool<Value>(made: (system: System) => Value): Joiner<Value> {
  return async (system, { progress }) => {
    await ensureInstalled(system, progress)
    return { system: made(system), release: nothingToRelease }
  }
}

const joiners: { readonly [Name in keyof SystemsForTests]: Joiner<SystemsForTests[Name]> } = {
  async kubernetes(system, options) {
    const { folder } = await ensureRunning(system, options)
    const { cluster, release } = await joinCluster(folder)
    return { system: cluster, release }
  },
  postgres16: postgres,
  postgres18: postgres,
  flyway: tool((system) => commandTool(system, 'flyway')),
  liquibase: tool((system) => commandTool(system, 'liquibase')),
  liquibase5: tool((system) => commandTool(system, 'liquibase')),
  alembic: tool((system) => pythonTool(system, 'alembic')),
  redis: tool(redisPrograms),
}

/** Joins the instance in that folder, or starts it for the given user of it. */
export function join<Name extends keyof SystemsForTests>(name: Name, options: RunningOptions): Promise<Joined<SystemsForTests[Name]>> {
  return joiners[name](named(name), options)
}

/** @throws TestbedError when there is none of that name. */
export function named(name: string): System {
  const found = systemNamed(name)
  if (found === undefined) throw new TestbedError(`there is no system ${name}`, { hint: 'Name one that testbed/src/systems.ts lists.' })
  return found
}

/** A system that a program joined, and how it leaves again. */
export interface JoinedSystem<Value> {
  readonly system: Value
  /** Removes what was made through it, and stops the system when nobody else uses it. */
  leave(): Promise<void>
}

/**
 * A real system for a program (a soak, a benchmark, an example), outside of any test runner: the one that is up, or a new one, which is stopped
 * when this process is gone, however it ends. Progress goes to standard error unless `isQuiet`.
 *
 * ```ts
 * const { system: server, leave } = await joinSystem('postgres18')
 * try { … } finally { await leave() }
 * ```
 *
 * @throws TestbedError when it cannot be had; its `hint` says what to do.
 */
export async function joinSystem<Name extends keyof SystemsForTests>(
  name: Name,
  { isQuiet = false }: { readonly isQuiet?: boolean } = {},
): Promise<JoinedSystem<SystemsForTests[Name]>> {
  const progress = isQuiet ? quietly : progressOn(process.stderr)
  const folder = sharedFolder(named(name))
  const { system, release } = await join(name, { user: thisProcess(), folder, progress })
  return {
    system,
    async leave() {
      await release()
      await leave(folder, thisProcess(), progress)
    },
  }
}
