import { setTimeout as wait } from 'node:timers/promises'
import type { Check, Clock, JsonObject, Preparation, Query, RollbackStep, Verdict } from '@backstep/core'
import { recordingContext, type RecordingContext } from '@backstep/testing'

const clock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, signal === undefined ? {} : { signal }),
}

/** One step, walked by hand as a run would: what was prepared, and what every method needs afterwards. */
export interface Walk {
  readonly preparation: Preparation
  readonly context: RecordingContext
  /** Codes of the findings that refuse the step. */
  readonly blockers: readonly string[]
  readonly findings: readonly string[]
  execute(): Promise<JsonObject>
  probe(): Promise<string>
  look(): Promise<Verdict>
  /** Looks until it is healthy or unhealthy, or the time is over. */
  settle(limitMs?: number): Promise<Verdict>
  compensate(): Promise<void>
  /** The requests of this walk by name, writes and all. */
  contacts(): readonly string[]
}

export async function walk(step: RollbackStep, secrets: Readonly<Record<string, string>> = {}): Promise<Walk> {
  const context = recordingContext({ clock, secrets })
  const preparation = await step.prepare(context.prepare)
  const { mark } = context.prepare
  const given = { prepared: preparation.prepared, snapshot: preparation.snapshot ?? null, mark }
  let receipt: JsonObject | undefined
  const look = (): Promise<Verdict> => step.verify({ ...given, receipt: receipt ?? {} }, context.step)
  return {
    preparation,
    context,
    blockers: (preparation.findings ?? []).filter(({ level }) => level === 'blocker').map(({ code }) => code),
    findings: (preparation.findings ?? []).map(({ code }) => code),
    execute: async () => (receipt = await step.execute({ ...given, receipt }, context.execute)),
    probe: async () => (await step.probe({ ...given, receipt }, context.step)).at,
    look,
    async settle(limitMs = 20_000) {
      const end = Date.now() + limitMs
      for (;;) {
        const verdict = await look()
        if (verdict.status === 'healthy' || verdict.status === 'unhealthy' || Date.now() > end) return verdict
        await wait(60)
      }
    },
    compensate: async () => void (await step.compensate?.({ ...given, receipt }, context.execute)),
    contacts: () => context.contacts.map(({ name }) => name),
  }
}

export async function ask<Result extends JsonObject>(query: Query<Result>): Promise<Result> {
  const { step } = recordingContext({ clock })
  return query.read({ ...step, read: neverRead })
}

export async function sample(check: Check): Promise<Verdict> {
  const { step } = recordingContext({ clock })
  return check.sample({ ...step, read: neverRead })
}

function neverRead(): never {
  throw new Error('the test uses no outputs')
}
