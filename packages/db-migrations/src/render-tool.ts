import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RollbackError, type StepContext } from '@backstep/core'
import { findTool, inheritedEnvironment, runTool, writePrivateFile } from '@backstep/process'

/** A tool that writes SQL to its standard output. */
export interface ToolRender {
  /** Names it in files and messages: `'alembic'`. */
  readonly name: string
  /** Name or absolute path of the program. */
  readonly command: string
  readonly args: readonly string[]
  readonly currentFolder: string
  readonly environment: Readonly<Record<string, string>>
  /** Files that are written into the private folder of the step first; `{folder}` in an argument stands for it. */
  readonly files?: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** An exit code of 0 alone proves nothing: read what was written. */
export interface ToolRendered {
  readonly exitCode: number | null
  readonly output: string
  readonly errors: string
}

const tailBytes = 16 * 1024 * 1024

/**
 * Runs a tool that only renders. Variables of this process that hold addresses or passwords of databases are not handed on.
 *
 * @throws RollbackError `PRECONDITION_FAILED` when there is no such program, `TIMED_OUT`, or `NOT_SUPPORTED` for more than 16 MiB of SQL.
 */
export async function renderByTool(request: ToolRender, context: StepContext): Promise<ToolRendered> {
  const { name, args, files = {}, timeoutMs } = request
  const [command, work] = await Promise.all([findTool({ tool: request.command }), context.workDirectory()])
  const folder = join(work, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const [file, text] of Object.entries(files)) await writePrivateFile(join(folder, file), text)
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const ended = await runTool({
      folder,
      name,
      command,
      args: args.map((arg) => arg.replaceAll('{folder}', folder)),
      environment: { ...inheritedEnvironment(isOfDatabase), ...request.environment },
      currentFolder: request.currentFolder,
      abortSignal: AbortSignal.any([context.abortSignal, limit]),
      whenWeDie: 'stop',
      tailBytes,
    })
    if (!ended.isOutputCut) return { exitCode: ended.exitCode, output: ended.output, errors: ended.errors }
  } catch (error) {
    throw limit.aborted && !context.abortSignal.aborted ? tooSlow(name, timeoutMs) : error
  }
  throw new RollbackError('NOT_SUPPORTED', `${name} rendered more than 16 MiB of SQL`, { hint: 'Undo fewer migrations at once.' })
}

function isOfDatabase(name: string): boolean {
  return /^(?:PG|DATABASE_URL|LIQUIBASE_COMMAND_|FLYWAY_)/.test(name)
}

function tooSlow(name: string, timeoutMs: number): RollbackError {
  return new RollbackError('TIMED_OUT', `${name} had not rendered its SQL after ${timeoutMs} ms`, {
    hint: 'Run it by hand and see what it waits for.',
    effect: 'none',
  })
}
