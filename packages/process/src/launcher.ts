import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { AttemptFiles } from './attempt-files.ts'
import { startOfShell } from './process-identity.ts'

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly input: string | Uint8Array | undefined
  readonly currentFolder: string
  readonly stopsWithUs: boolean
  readonly killAfterMs: number
}

/**
 * What the child does before it becomes the tool. It writes its own mark, since we may be dead by then, and takes the ticket, so that a
 * later process of ours can be sure. A tool that has to end with us gets a watcher in its group: when the pipe to us breaks, we are dead.
 *
 * The script is constant. The tool and its arguments come as arguments of the shell, which never reads them as text.
 */
const script = `
mark=$1 ticket=$2 grace=$3
shift 3
printf '%s %s\\n' "$$" ${startOfShell} > "$mark" || exit 126
rm "$ticket" 2> /dev/null || exit 75
if [ "$grace" != none ]; then
  (
    trap '' TERM
    read -r word <&3 && exit 0
    kill -0 $$ 2> /dev/null || exit 0
    kill -TERM 0
    sleep "$grace"
    kill -KILL 0
  ) < /dev/null > /dev/null 2>&1 &
fi
exec "$@" 3<&-
`

/** Starts the tool in a process group of its own, its output in files: a pipe to a dead reader would kill it at its next line. */
export function launch(
  files: AttemptFiles,
  { command, args, environment, input, currentFolder, stopsWithUs, killAfterMs }: Launch,
): ChildProcess {
  const grace = stopsWithUs ? String(Math.max(1, Math.ceil(killAfterMs / 1000))) : 'none'
  const output = openSync(files.output, 'w', 0o600)
  const errors = openSync(files.errors, 'w', 0o600)
  try {
    const child = spawn('/bin/sh', ['-c', script, 'sh', files.mark, files.ticket, grace, command, ...args], {
      cwd: currentFolder,
      env: { ...environment },
      stdio: [input === undefined ? 'ignore' : 'pipe', output, errors, stopsWithUs ? 'pipe' : 'ignore'],
      detached: true,
    })
    // A tool that ends without reading all of its input breaks the pipe: its exit says what happened.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    return child
  } finally {
    closeSync(output)
    closeSync(errors)
  }
}

/** Tells the watcher that the tool has ended by itself. */
export function dismissWatcher(child: ChildProcess): void {
  const pipe = child.stdio[3]
  if (pipe === undefined || pipe === null || !('write' in pipe)) return
  pipe.on('error', () => undefined)
  pipe.end('done\n')
}

/** Signals the tool and everything that it started. */
export function signalGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
