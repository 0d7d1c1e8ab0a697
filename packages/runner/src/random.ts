import { randomUUID } from 'node:crypto'

/** 32 hexadecimal digits, 122 bits of them random. */
export function randomId(): string {
  return randomUUID().replaceAll('-', '')
}

/** A run id that sorts by time: `20261123-041502-3f9a1c`. */
export function newRunId(now: number, random: string): string {
  const text = new Date(now).toISOString()
  return `${text.slice(0, 10).replaceAll('-', '')}-${text.slice(11, 19).replaceAll(':', '')}-${random.slice(0, 6)}`
}
