import { execFile } from 'node:child_process'
import { plainCause, RollbackError } from '@backstep/core'

/** A version in three numbers. `text` is what the tool said, with whatever follows them. */
export interface ToolVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** `'4.3.1'`, or `'4.4.0-rc.1'`. */
  readonly text: string
}

/** The versions that a step was proved with: from the first one on, below the second. */
export interface VersionRange {
  readonly atLeast: string
  readonly below: string
}

export interface ToolVersionRequest {
  /** The absolute path of the program. */
  readonly command: string
  /** What makes it print its version: `['version', '--short']`. */
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly abortSignal: AbortSignal
  /** Versions that are accepted: one of these ranges. Left out: every one. */
  readonly ranges?: readonly VersionRange[]
  /** Default 10,000. */
  readonly timeoutMs?: number
}

const versionText = /\bv?(\d+)\.(\d+)\.(\d+)((?:-[0-9A-Za-z.-]+)?)/

/** Reads `v3.21.4+g5c4`, `4.3.1` or `version: 1.9.0-rc.1` out of a text. */
export function parseToolVersion(text: string): ToolVersion | undefined {
  const [, major, minor, patch, rest = ''] = versionText.exec(text) ?? []
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  return { major: Number(major), minor: Number(minor), patch: Number(patch), text: `${major}.${minor}.${patch}${rest}` }
}

/** Below 0 when the first is older. A pre-release is older than its release. */
export function compareVersions(one: ToolVersion, other: ToolVersion): number {
  return (
    one.major - other.major ||
    one.minor - other.minor ||
    one.patch - other.patch ||
    Number(other.text.includes('-')) - Number(one.text.includes('-'))
  )
}

/** True when a version lies in a range. */
export function isInRange(version: ToolVersion, { atLeast, below }: VersionRange): boolean {
  return compareVersions(version, bound(atLeast)) >= 0 && compareVersions(version, bound(below)) < 0
}

/**
 * Asks a tool for its version.
 *
 * @throws RollbackError `NOT_SUPPORTED` when the version lies in none of the ranges or cannot be read, `PRECONDITION_FAILED` when the tool
 * cannot be run, `ABORTED` when the signal says so.
 */
export async function toolVersion(request: ToolVersionRequest): Promise<ToolVersion> {
  const { command, args, ranges } = request
  const said = await ask(request)
  const version = parseToolVersion(said)
  if (version === undefined) {
    throw new RollbackError('NOT_SUPPORTED', `${command} ${args.join(' ')} printed no version`, {
      hint: 'Check that this is the program that is meant.',
    })
  }
  if (ranges === undefined || ranges.some((range) => isInRange(version, range))) return version
  const known = ranges.map(({ atLeast, below }) => `${atLeast} up to, not including, ${below}`).join('; or ')
  throw new RollbackError('NOT_SUPPORTED', `${command} is version ${version.text}, and it was proved with ${known}`, {
    hint: 'Install one of these versions beside it and give its path.',
  })
}

async function ask({ command, args, environment, abortSignal, timeoutMs = 10_000 }: ToolVersionRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...environment }, signal: abortSignal, timeout: timeoutMs, maxBuffer: 1_048_576, encoding: 'utf8' as const }
    execFile(command, [...args], options, (cause, output, errors) => {
      if (cause === null) resolve(output === '' ? errors : output)
      else if (abortSignal.aborted)
        reject(
          new RollbackError('ABORTED', `Stopped while asking ${command} for its version`, {
            hint: 'Resume the run when it may go on.',
            effect: 'none',
            cause: plainCause(cause),
          }),
        )
      else
        reject(
          new RollbackError('PRECONDITION_FAILED', `${command} could not be asked for its version`, {
            hint: 'Run it by hand and see why it fails.',
            cause: plainCause(cause),
          }),
        )
    })
  })
}

function bound(text: string): ToolVersion {
  const version = parseToolVersion(text)
  if (version !== undefined) return version
  throw new RollbackError('INTERNAL', `"${text}" is no version of three numbers`, {
    hint: 'This is a defect of the step: its author has to correct the range.',
    effect: 'none',
  })
}
