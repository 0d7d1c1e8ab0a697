import type { Finding } from '../contract/preparation.ts'

/** Blockers first, then warnings, then the rest; equal levels by code and message. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const rank: Readonly<Record<Finding['level'], number>> = { blocker: 0, warning: 1, info: 2 }
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return findings.toSorted((a, b) => rank[a.level] - rank[b.level] || compare(a.code, b.code) || compare(a.message, b.message))
}
