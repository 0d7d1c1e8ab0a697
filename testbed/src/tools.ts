import { join } from 'node:path'
import { installedFolder } from './cache.ts'
import type { System } from './system.ts'

/** A command line tool. */
export interface CommandTool {
  readonly version: string
  /** The absolute path of the command. */
  readonly command: string
  /** The folder with the command and nothing else, for the front of a PATH. */
  readonly bin: string
}

export function commandTool(system: System, name: string): CommandTool {
  const bin = join(installedFolder(system), 'bin')
  return { version: system.version, command: join(bin, name), bin }
}

/** A command line tool in a Python environment of its own. */
export interface PythonTool extends CommandTool {
  /** The interpreter of that environment. */
  readonly python: string
}

export function pythonTool(system: System, name: string): PythonTool {
  return { ...commandTool(system, name), python: join(installedFolder(system), 'venv', 'bin', 'python') }
}
