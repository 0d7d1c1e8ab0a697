import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { errorCode } from '../journal/file-system.ts'
import type { LeaseOwner } from '../store.ts'

/**
 * When a process of this machine began, as text that no other process of this machine ever has: boot id and clock ticks since boot (field 22
 * of proc_pid_stat(5)). `undefined` for other machines, for a process that is gone, and where there is no /proc.
 */
export async function processStart({ host, pid }: LeaseOwner): Promise<string | undefined> {
  if (host !== hostname()) return undefined
  try {
    const [boot, stat] = await Promise.all([readFile('/proc/sys/kernel/random/boot_id', 'utf8'), readFile(`/proc/${pid}/stat`, 'utf8')])
    // The name of the program stands in brackets and may hold anything, so fields are counted from its end, which is field 2.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3]
    return ticks === undefined ? undefined : `${boot.trim()}/${ticks}`
  } catch {
    return undefined
  }
}

/** Whether the owner's process still runs; `undefined` when that cannot be seen from here. */
export async function isRunning(owner: LeaseOwner, start: string | undefined): Promise<boolean | undefined> {
  if (owner.host !== hostname()) return undefined
  if (start !== undefined) return (await processStart(owner)) === start
  try {
    process.kill(owner.pid, 0)
    return true
  } catch (error) {
    return errorCode(error) === 'EPERM' ? true : errorCode(error) === 'ESRCH' ? false : undefined
  }
}
