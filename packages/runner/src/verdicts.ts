import type { Evidence, Verdict, VerdictStatus } from '@backstep/core'

/** What several checks say together: the worst of them, with the evidence of all. No data is worse than health, better than seen failure. */
export function worstVerdict(verdicts: readonly Verdict[]): {
  readonly status: VerdictStatus
  readonly evidence: readonly Evidence[]
  readonly detail?: string
} {
  const order = ['unhealthy', 'unknown', 'progressing', 'healthy'] as const
  const status = order.find((candidate) => verdicts.some((verdict) => verdict.status === candidate)) ?? 'unknown'
  const details = verdicts.filter((verdict) => verdict.status === status).map(detailOf)
  const detail = details.filter((text) => text !== '').join('; ')
  return { status, evidence: verdicts.flatMap((verdict) => verdict.evidence), ...(detail === '' ? {} : { detail }) }
}

export function detailOf(verdict: Verdict): string {
  switch (verdict.status) {
    case 'healthy':
      return ''
    case 'progressing':
      return verdict.actual
    case 'unhealthy':
      return `expected ${verdict.expected}, found ${verdict.actual}`
    case 'unknown':
      return verdict.reason
  }
}
