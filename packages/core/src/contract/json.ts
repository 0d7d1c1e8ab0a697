/**
 * What survives a journal: plain data. Class instances, functions, `Date`, `Secret` and `Output` are not assignable to it, on purpose,
 * so that a receipt or a preparation that could not be read back after a crash does not compile.
 */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject

/** An object of plain data. Declare your own as `type` aliases: an interface has no index signature and is not assignable. */
export type JsonObject = { readonly [key: string]: Json | undefined }

/** A length of time with its unit: `'250ms'`, `'90s'`, `'15m'`, `'2h'`, `'7d'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

/** A moment in UTC as RFC 3339 text: `'2026-11-22T04:30:00Z'`. */
export type Instant = `${number}-${number}-${number}T${string}Z`

/** Names a kind of step, query, check, notice or finding: `'<package>.<verb-noun>'`. Stable: journals and dashboards key on it. */
export type Kind = `${string}.${string}`
