import type { Duration, Instant } from '@backstep/core'
import * as z from 'zod'

/** An image that cannot be moved to another content: a tag does not fit. */
export type ImageDigest = `${string}@sha256:${string}`

export const image = z.custom<ImageDigest>((value) => typeof value === 'string' && /@sha256:[0-9a-f]+$/.test(value), {
  error: 'expected name@sha256:…, since a tag can be moved',
})
export const images = z.array(image).min(1)
export const instant = z.custom<Instant>((value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value), {
  error: "expected a moment in UTC such as '2026-11-22T04:30:00Z'",
})
export const duration = z.custom<Duration>((value) => typeof value === 'string' && /^\d+(ms|s|m|h|d)$/.test(value), {
  error: "expected a duration such as '5m'",
})
export const name = z.string().min(1)
export const names = z.array(name)
