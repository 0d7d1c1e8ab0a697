import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/policy/facts.ts'
import type { IncidentFacts } from '../../src/policy/incident-facts.ts'
import { severityPresets } from '../../src/policy/severity-presets.ts'
import { standardSeverity } from '../../src/policy/standard-severity.ts'

const { jointDecision, pipeline, automaticFirst, singleHost, deployGuard } = severityPresets

describe('the standard policy', () => {
  it('has the stricter times', () => {
    expect(standardSeverity.order.map((level) => standardSeverity.levels[level].respondWithin)).toEqual(['5m', '15m', '30m', '2h'])
  })

  it('maps to pager severities and status page impacts', () => {
    expect(standardSeverity.order.map((level) => standardSeverity.levels[level].page)).toEqual(['critical', 'error', 'warning', 'info'])
    expect(standardSeverity.order.map((level) => standardSeverity.levels[level].statusPageImpact)).toEqual([
      'critical',
      'major',
      'minor',
      'none',
    ])
  })

  it.each<[Facts<IncidentFacts>, string, string]>([
    [{ impact: 'all-users' }, 'sev1', 'all users are cut off'],
    [{ impact: 'minor', data: 'lost' }, 'sev1', 'data is lost'],
    [{ impact: 'cosmetic', securityCompromise: true }, 'sev1', 'security compromise'],
    [{ errorRate: 0.11 }, 'sev1', 'requests fail widely'],
    [{ restarts: 3 }, 'sev1', 'crash loop'],
    [{ usersAffectedShare: 0.5 }, 'sev1', 'many users are cut off'],
    [{ errorRate: 0.1 }, 'sev2', 'many requests fail'],
    [{ impact: 'critical-function' }, 'sev2', 'a critical function is down'],
    [{ impact: 'degraded' }, 'sev3', 'degraded'],
    [{ p95Ms: 2001 }, 'sev3', 'marked slowness'],
    [{ memoryShare: 0.96 }, 'sev3', 'resources run out'],
    [{ p95Ms: 2000 }, 'sev4', 'slower than it should be'],
    [{ errorRate: 0.02 }, 'sev4', 'some requests fail'],
    [{ impact: 'cosmetic' }, 'sev4', 'minor'],
    [{}, 'sev2', 'fallback'],
    [{ restarts: 2, errorRate: 0.001, p95Ms: 100 }, 'sev2', 'fallback'],
  ])('%j is %s: %s', (facts, level, rule) => {
    expect(standardSeverity.classify(facts)).toMatchObject({ level, rule })
  })

  it('leaves lost data and a break-in to people at the level that a machine may answer', () => {
    const lost = standardSeverity.classify({ data: 'lost', impact: 'all-users' })
    expect(
      standardSeverity.start(lost.level, { strategy: 'full', risk: ['reversible'], isEnabled: true, needsPerson: lost.needsPerson }),
    ).toMatchObject({ start: 'after-approval' })
    const down = standardSeverity.classify({ impact: 'all-users' })
    expect(
      standardSeverity.start(down.level, { strategy: 'full', risk: ['reversible'], isEnabled: true, needsPerson: down.needsPerson }),
    ).toMatchObject({ start: 'automatically' })
  })
})

describe('the presets', () => {
  it('jointDecision needs two roles and never a machine', () => {
    expect(jointDecision.levels.sev1).toMatchObject({
      decision: 'confirm',
      approvals: { roles: ['tech-lead', 'product-owner'], quorum: 'all', breakGlass: true },
    })
    expect(jointDecision.classify({ p95Ms: 5000 }).level).toBe('sev2')
    expect(jointDecision.classify({ data: 'suspected' }).level).toBe('sev1')
    expect(jointDecision.classify({ impact: 'cosmetic' }).level).toBe('sev2')
  })

  it('pipeline grades by what a pipeline sees', () => {
    expect(pipeline.classify({ failedHealthChecks: 3 }).level).toBe('sev1')
    expect(pipeline.classify({ failedHealthChecks: 2, testsFailed: true }).level).toBe('sev2')
    expect(pipeline.classify({ wrongVersion: true }).level).toBe('sev2')
    expect(pipeline.levels.sev1).toMatchObject({ decision: 'confirm', maintenance: 'allowed', approvals: { roles: ['service-owner'] } })
  })

  it('automaticFirst starts by itself at sev1, the application only', () => {
    expect(automaticFirst.start('sev1', { strategy: 'full', risk: ['reversible'] })).toMatchObject({ start: 'automatically' })
    expect(automaticFirst.start('sev1', { strategy: 'data-restore', risk: ['data-loss'] })).toMatchObject({ start: 'after-approval' })
    expect(automaticFirst.start('sev1', { strategy: 'infra', risk: ['reversible'] })).toMatchObject({ start: 'after-approval' })
  })

  it('singleHost gives minor faults more time and repairs them first', () => {
    expect(singleHost.levels.sev3).toMatchObject({ respondWithin: '1h', decision: 'fix-forward-first', prefer: ['fix-forward', 'partial'] })
    expect(singleHost.levels.sev4.respondWithin).toBe('24h')
    expect(singleHost.levels.sev1).toMatchObject({ decision: 'confirm', prefer: ['full'] })
  })

  it('deployGuard lets a machine undo a failed release, and nothing else', () => {
    const failed = deployGuard.classify({ failedHealthChecks: 3, impact: 'all-users' })
    expect(failed).toMatchObject({ level: 'sev1', needsPerson: false })
    expect(deployGuard.classify({ rolloutStalled: true })).toMatchObject({ level: 'sev1', needsPerson: false })
    expect(deployGuard.classify({ impact: 'all-users' })).toMatchObject({ level: 'sev1', needsPerson: true })
    expect(deployGuard.start('sev1', { strategy: 'full', risk: ['reversible'] })).toMatchObject({ start: 'after-approval' })
    expect(deployGuard.start('sev1', { strategy: 'full', risk: ['reversible'], isEnabled: true })).toMatchObject({ start: 'automatically' })
  })

  it('leave the standard policy as it is', () => {
    expect(standardSeverity.levels.sev3.respondWithin).toBe('30m')
    expect(standardSeverity.levels.sev1.decision).toBe('auto-if-enabled')
  })
})
