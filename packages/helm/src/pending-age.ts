import { durationMs, type Duration, type Finding } from '@backstep/core'
import * as z from 'zod'
import type { ReleaseRecord } from './release-record.ts'

const defaultAge: Duration = '15m'

/** The option that says how long a record must have been pending to be taken for dead. Default `'15m'`. */
export const pendingAge: z.ZodDefault<z.ZodCustom<Duration, Duration>> = z
  .custom<Duration>((value) => isDuration(value), 'expected a time with its unit, such as 15m')
  .default(defaultAge)

/** Nobody may be at work on the record: it has been pending for longer than any Helm takes. */
export function pendingAgeFindings(last: ReleaseRecord, olderThanMs: number, nowMs: number): readonly Finding[] {
  const since = last.lastDeployedAt === undefined ? 0 : Date.parse(last.lastDeployedAt)
  const seen = `Revision ${last.revision} has been ${last.status} since ${last.lastDeployedAt ?? 'an unknown time'}`
  if (!(nowMs - since >= olderThanMs)) {
    return [
      {
        level: 'blocker',
        code: 'helm.may-be-at-work',
        message: `${seen}, and a Helm may still be at work on it`,
        hint: 'Wait, or end that helm process and make sure that it is gone.',
      },
    ]
  }
  return [
    {
      level: 'warning',
      code: 'helm.taken-over',
      message: `${seen}; it is taken for dead`,
      hint: 'Make sure that no helm process and no pipeline works on this release.',
    },
  ]
}

function isDuration(value: unknown): boolean {
  try {
    return typeof value === 'string' && durationMs(value as Duration) > 0
  } catch {
    return false
  }
}
