import { randomBytes } from 'node:crypto'

/** 32 hexadecimal digits. */
export function randomId(): string {
  return randomBytes(16).toString('hex')
}

/** A run id that sorts by time: `20261123-041502-3f9a1c`. */
export function newRunId(now: number, random: string): string {
  const text = new Date(now).toISOString()
  return `${text.slice(0, 10).replaceAll('-', '')}-${text.slice(11, 19).replaceAll(':', '')}-${random.slice(0, 6)}`
}
