import { RollbackError } from './errors.ts'
import type { Duration } from './json.ts'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Milliseconds of a duration: `'90s'` is 90000.
 *
 * @throws RollbackError `OPTIONS_INVALID` for anything but a number (a fraction is allowed) with one of the units ms, s, m, h, d.
 */
export function durationMs(duration: Duration): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration)
  const [, amount, unit] = match ?? []
  const factor = unitMs[unit ?? '']
  if (amount === undefined || factor === undefined) {
    throw new RollbackError('OPTIONS_INVALID', `"${duration}" is no duration`, {
      hint: "Write a number and a unit: '250ms', '90s', '15m', '2h' or '7d'.",
    })
  }
  return Math.round(Number(amount) * factor)
}

/** Milliseconds for people: `850 ms`, `42 s`, `2 min 5 s`, `1 h 30 min`, `2 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  return twoUnits(Math.round(seconds))
}

function twoUnits(seconds: number): string {
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}
