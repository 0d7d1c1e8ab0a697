import { parseArgs } from 'node:util'
import { doctor } from './doctor.ts'
import { ensureInstalled } from './install.ts'
import { allInstances, livingUsers } from './instance.ts'
import { progressOn } from './progress.ts'
import { thisProcess } from './processes.ts'
import { ensureRunning, leave, stopAbandoned, stopRunning } from './running.ts'
import { isCredential, statusLines } from './status.ts'
import { costLine, costOf } from './cost.ts'
import { type System, TestbedError } from './system.ts'
import { isStarted, systemNamed, systems } from './systems.ts'

const usage = `Real systems for the tests, on this machine, on loopback only.

  pnpm testbed up [system...]      installs what is missing, starts, and leaves it running
  pnpm testbed install [system...] installs what is missing, and no more
  pnpm testbed down [system...]    stops it; --force also while tests use it
  pnpm testbed status              what runs, how to reach it, what it takes
  pnpm testbed doctor [system...]  what is missing on this machine and the command that gets it

Systems: ${systems.map(({ name }) => name).join(', ')}. Without a name: all of them.`

const progress = progressOn(process.stderr)
const say = (line: string): void => console.log(line)

function startable(names: readonly string[]): readonly System[] {
  return names.length === 0 ? systems : names.map(named)
}

function named(name: string): System {
  const system = systemNamed(name)
  if (system === undefined) {
    throw new TestbedError(`there is no system ${JSON.stringify(name)}`, {
      hint: `Use one of: ${systems.map((one) => one.name).join(', ')}.`,
    })
  }
  return system
}

async function up(names: readonly string[]): Promise<void> {
  for (const system of startable(names)) {
    say(`${system.name} ${system.version}: ${system.summary}`)
    say(`  costs ${costLine(costOf(system))}`)
    if (!isStarted(system)) {
      await ensureInstalled(system, progress)
      say('  installed; nothing of it runs')
      continue
    }
    const { folder, state } = await ensureRunning(system, { isKept: true, progress })
    await leave(folder, thisProcess(), progress)
    say(`  runs since ${state.since}; \`pnpm testbed down\` stops it`)
    for (const [name, value] of Object.entries(state.settings)) if (!isCredential(name)) say(`  ${name.padEnd(12)} ${value}`)
  }
}

async function install(names: readonly string[]): Promise<void> {
  for (const system of startable(names)) await ensureInstalled(system, progress)
  say('installed')
}

async function down(names: readonly string[], isForced: boolean): Promise<void> {
  const wanted = startable(names).map(({ name }) => name)
  const found = allInstances().filter(({ state }) => wanted.includes(state.system))
  if (found.length === 0) return say('nothing runs')
  for (const { folder, state } of found) {
    const users = livingUsers(folder)
    if (users.length > 0 && !isForced) {
      throw new TestbedError(`${state.system} is used by process ${users.map(({ pid }) => pid).join(', ')}`, {
        hint: 'Wait until those tests have ended, or pass --force to stop it under them.',
      })
    }
    const startMs = performance.now()
    await stopRunning(folder, progress)
    say(`${state.system} ${state.version} stopped in ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { force: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
  const [command = 'help', ...names] = positionals
  if (values.help || command === 'help') return say(usage)
  if (command === 'doctor') return void (process.exitCode = await doctor(startable(names), say))
  const abandoned = await stopAbandoned(progress)
  for (const { state } of abandoned) say(`${state.system}: stopped what was left of an interrupted run`)
  if (command === 'status') return (await statusLines()).forEach(say)
  if (command === 'up') return up(names)
  if (command === 'install') return install(names)
  if (command === 'down') return down(names, values.force)
  throw new TestbedError(`there is no command ${JSON.stringify(command)}`, { hint: 'Run `pnpm testbed help`.' })
}

main().catch((error: unknown) => {
  console.error(`\nerror: ${error instanceof Error ? error.message : String(error)}`)
  if (error instanceof TestbedError) console.error(`what to do: ${error.hint}`)
  process.exitCode = 1
})
