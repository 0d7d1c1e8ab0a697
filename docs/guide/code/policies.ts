import {
  defineCriteria,
  defineTiers,
  describeTarget,
  escalationsDue,
  judgeApprovals,
  judgeBudget,
  judgeCriteria,
  judgeTarget,
  openIncident,
  plan,
  promotionDue,
  standardSeverity,
} from '@backstep/core'
import { openShop } from './scene.ts'
import { restoreJson } from './steps/restore-json.ts'

const { shop } = openShop()
const minute = 60_000

console.log('--- severity')
// #region severity
const severity = standardSeverity.override({ sev2: { respondWithin: '10m' } })

const { level, because } = severity.classify({ impact: 'critical-function', errorRate: 0.3 })
console.log(`${level}, because ${because}`)
console.log(severity.start(level, { strategy: 'config', risk: ['reversible'] }))

const flagsBack = plan({
  name: 'flags back',
  severity: severity.severity('sev2'),
  steps: restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } }),
})
console.log(flagsBack.name, flagsBack.risk)
// #endregion

console.log('--- incident')
// #region incident
const incident = openIncident(severity, 'sev2', Date.parse('2026-11-23T03:00:00Z'))
const now = incident.detectedAt + 31 * minute
for (const { to, dueAt } of escalationsDue(severity, incident.level, { detectedAt: incident.detectedAt, now, done: [] })) {
  console.log(`tell ${to}, due after ${(dueAt - incident.detectedAt) / minute} min`)
}
console.log(promotionDue(severity, incident, { since: incident.detectedAt, now, criteria: 'unknown' }))
// #endregion

console.log('--- criteria')
// #region criteria
const isBack = defineCriteria({
  name: 'shop is back',
  title: 'The shop is back',
  groups: [
    {
      name: 'shop',
      title: 'Orders',
      criteria: [
        { id: 'release', title: 'The old release runs', target: { target: 'is', value: 'v1' } },
        { id: 'error-rate', title: 'Share of orders that fail', target: { target: 'below', value: 0.01, unit: 'share' }, for: '15m' },
        { id: 'support', title: 'Support agrees', target: { target: 'confirmed', role: 'support' }, optional: true },
      ],
    },
  ],
})
const judged = judgeCriteria(isBack, {
  release: { status: judgeTarget({ target: 'is', value: 'v1' }, 'v1') },
  'error-rate': { status: judgeTarget({ target: 'below', value: 0.01, unit: 'share' }, undefined) },
})
console.log(judged.status)
for (const { title, detail } of [...judged.missing, ...judged.warnings]) console.log(`  ${title}: ${detail}`)
console.log(describeTarget({ target: 'below', value: 0.01, unit: 'share' }))
// #endregion

console.log('--- tiers')
// #region tiers
const errorRate = defineTiers({
  of: 'error rate',
  unit: 'share',
  tiers: [
    { name: 'fine', below: 0.01 },
    { name: 'watch', from: 0.01, below: 0.1 },
    { name: 'go back', from: 0.1 },
  ],
})
console.log(errorRate.tierOf(0.004), errorRate.tierOf(0.2), errorRate.tierOf(undefined))
// #endregion

console.log('--- approvals')
// #region approvals
const policy = { roles: ['on-call', 'product owner'], quorum: 'all', expires: '1h' } as const
const said = (id: string, role: string, minutesAgo: number) => ({
  actor: { id, roles: [role] },
  hash: 'h1',
  grantedAt: now - minutesAgo * minute,
})
const ana = said('ana', 'on-call', 5)
console.log(judgeApprovals(policy, { hash: 'h1', now, approvals: [ana] }).explanation)
console.log(judgeApprovals(policy, { hash: 'h1', now, approvals: [ana, said('ben', 'product owner', 61)] }).explanation)
console.log(judgeApprovals(policy, { hash: 'h1', now, approvals: [ana, said('ben', 'product owner', 1)] }).state)
// #endregion

console.log('--- budget')
// #region budget
const startedAt = now - 9 * minute
const spent = { identify: { startedAt, endedAt: now - 4 * minute }, execute: { startedAt: now - 4 * minute } }
const budget = judgeBudget({ identify: '3m', execute: '5m', verify: '4m' }, startedAt, spent, now)
for (const { phase, state, judgement } of budget.phases) console.log(`${phase}: ${state}, ${judgement}`)
// #endregion
