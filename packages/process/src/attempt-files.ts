import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The files of one tool in a folder.
 *
 * - `ticket`: made before a start. Whoever removes it decides: the child, then the tool runs; or a later process of ours, then it never will.
 * - `mark`: process id and start, written by the child before it takes the ticket.
 * - `output`, `errors`: what the tool printed.
 */
export interface AttemptFiles {
  readonly ticket: string
  readonly mark: string
  readonly revoked: string
  readonly output: string
  readonly errors: string
}

/** One process: the id alone may by now belong to another. */
export interface ProcessMark {
  readonly processId: number
  readonly start: string
}

export function attemptFiles(folder: string, name: string): AttemptFiles {
  const at = (ending: string): string => join(folder, `${name}.${ending}`)
  return { ticket: at('ticket'), mark: at('mark'), revoked: at('revoked'), output: at('out'), errors: at('err') }
}

/** Makes the folder and a new ticket; what an earlier attempt left is gone. */
export async function issueTicket(folder: string, files: AttemptFiles): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await Promise.all([rm(files.revoked, { force: true }), rm(files.mark, { force: true })])
  await writeFile(files.ticket, '', { mode: 0o600 })
}

/** True when the ticket was still there: a child that has not taken it by now will never become the tool. */
export async function revokeTicket({ ticket, revoked }: AttemptFiles): Promise<boolean> {
  return rename(ticket, revoked).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}

export async function readMark({ mark }: AttemptFiles): Promise<ProcessMark | undefined> {
  const text = await readFile(mark, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const [, processId, start] = /^(\d+) (.+)\n$/.exec(text) ?? []
  return processId === undefined || start === undefined ? undefined : { processId: Number(processId), start }
}

export async function dropMark({ mark }: AttemptFiles): Promise<void> {
  await rm(mark, { force: true })
}
