import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * When a process was started, as the system tells it: one text that stays the same while the process lives. With the process id it names
 * one process for ever, since ids are given out again.
 *
 * On Linux the start in clock ticks since boot, with the boot's own id; elsewhere the time that `ps` prints. `undefined` when there is no
 * such process, or when only its entry is left for a parent that does not look (a zombie).
 */
export async function startOf(processId: number): Promise<string | undefined> {
  return process.platform === 'linux' ? startInProc(processId) : startByPs(processId)
}

async function startInProc(processId: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${processId}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The second field is the name in brackets, and a name may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const ticks = fields[19]
  if (state === 'Z' || state === 'X' || ticks === undefined) return undefined
  return `${ticks}@${(await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()}`
}

async function startByPs(processId: number): Promise<string | undefined> {
  const answer = await run('ps', ['-o', 'stat=,lstart=', '-p', String(processId)], { env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' } }).catch(
    () => undefined,
  )
  const [, state = 'Z', start] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(answer?.stdout ?? '') ?? []
  return state.startsWith('Z') || start === undefined ? undefined : start.replace(/\s+/g, ' ')
}

/** The shell's way to say the same of itself, as arguments of `printf`: it runs before the tool takes its place. */
export const startOfShell: string =
  process.platform === 'linux'
    ? '"$(sed "s/.*) //" /proc/$$/stat | cut -d " " -f 20)@$(cat /proc/sys/kernel/random/boot_id)"'
    : '"$(LC_ALL=C ps -o lstart= -p $$ | tr -s " " | sed "s/^ //; s/ $//")"'
