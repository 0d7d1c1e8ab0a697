import * as z from 'zod'
import { duration, images, instant, name, names } from './options.ts'
import { stubCheck } from './stub-reads.ts'

const named = <Kind extends `checks.${string}`>(kind: Kind) => stubCheck({ kind, options: z.strictObject({ name }), target: (o) => o.name })

export const context = named('checks.context')
export const knownGood = named('checks.known-good')
export const rolloutStalled = named('checks.rollout-stalled')
export const journey = named('checks.journey')
export const freshMetrics = named('checks.fresh-metrics')
export const permissions = stubCheck({ kind: 'checks.permissions', options: z.strictObject({ name, verbs: names }), target: (o) => o.name })
export const historyDepth = stubCheck({
  kind: 'checks.history-depth',
  options: z.strictObject({ name, min: z.int() }),
  target: (o) => o.name,
})
export const imageExists = stubCheck({
  kind: 'checks.image-exists',
  options: z.strictObject({ name, images }),
  late: ['images'],
  target: (o) => o.name,
})
export const disk = stubCheck({ kind: 'checks.disk', options: z.strictObject({ host: name, minFree: name }), target: (o) => o.host })
export const noExternalEffects = stubCheck({
  kind: 'checks.no-external-effects',
  options: z.strictObject({ name, query: name, since: instant }),
  target: (o) => o.name,
})
export const health = stubCheck({
  kind: 'checks.health',
  options: z.strictObject({ url: z.url(), everyInstance: z.boolean().default(false) }),
  target: (o) => o.url,
})
export const errorRate = stubCheck({
  kind: 'checks.error-rate',
  options: z.strictObject({ name, below: z.number() }),
  target: (o) => o.name,
})
export const latency = stubCheck({ kind: 'checks.latency', options: z.strictObject({ name, p95BelowMs: z.int() }), target: (o) => o.name })
export const restarts = stubCheck({
  kind: 'checks.restarts',
  options: z.strictObject({ name, atMost: z.int(), within: duration }),
  target: (o) => o.name,
})
export const podsReady = stubCheck({
  kind: 'checks.pods-ready',
  options: z.strictObject({ namespace: name, deployment: z.string().optional() }),
  late: ['deployment'],
  target: (o) => o.namespace,
})
export const runningImages = stubCheck({
  kind: 'checks.running-images',
  options: z.strictObject({ name, images }),
  late: ['images'],
  target: (o) => o.name,
})
export const endpoints = stubCheck({ kind: 'checks.endpoints', options: z.strictObject({ service: name }), target: (o) => o.service })
export const sql = stubCheck({
  kind: 'checks.sql',
  options: z.strictObject({ name, database: name, expect: name }),
  late: ['database'],
  target: (o) => o.name,
})
export const suite = stubCheck({
  kind: 'checks.suite',
  options: z.strictObject({ name, tool: z.enum(['newman', 'k6', 'playwright']) }),
  target: (o) => o.name,
})
export const olderThan = stubCheck({ kind: 'checks.older-than', options: z.strictObject({ name, age: duration }), target: (o) => o.name })
