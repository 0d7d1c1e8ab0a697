import { describe, expect, it } from 'vitest'
import { demote, escalationsDue, isAbove, openIncident, promote, promotionDue, responseClock } from '../../src/policy/incident-severity.ts'
import { standardSeverity } from '../../src/policy/standard-severity.ts'

const minute = 60_000
const detectedAt = 1000 * minute
const ana = { id: 'ana' }
const incident = openIncident(standardSeverity, 'sev2', detectedAt)

describe('severity goes up by itself and down by a person only', () => {
  it('promotes and keeps what happened', () => {
    const higher = promote(standardSeverity, incident, { to: 'sev1', at: detectedAt + 1, reason: 'criteria unmet' })
    expect(higher).toMatchObject({
      level: 'sev1',
      detectedAt,
      changes: [{ from: 'sev2', to: 'sev1', direction: 'up', reason: 'criteria unmet' }],
    })
    expect(incident.changes).toEqual([])
  })

  it.each(['sev2', 'sev3'] as const)('does not promote from sev2 to %s', (to) => {
    expect(() => promote(standardSeverity, incident, { to, at: 0, reason: 'x' })).toThrow(`${to} is not above sev2`)
  })

  it('demotes with a person and a reason', () => {
    const lower = demote(standardSeverity, incident, { to: 'sev3', at: 5, actor: ana, reason: 'only one customer' })
    expect(lower).toMatchObject({ level: 'sev3', changes: [{ direction: 'down', actor: ana, reason: 'only one customer' }] })
  })

  it.each([
    ['no reason', { actor: ana, reason: ' ' }, 'reason: a change of severity needs one'],
    ['a nameless actor', { actor: { id: '' }, reason: 'x' }, 'actor: a demotion needs a person'],
    ['no actor', { reason: 'x' }, 'actor: a demotion needs a person'],
  ])('does not demote with %s', (_, word, message) => {
    expect(() => demote(standardSeverity, incident, { to: 'sev3', at: 5, ...word } as never)).toThrow(message)
  })

  it.each(['sev2', 'sev1'] as const)('does not demote from sev2 to %s', (to) => {
    expect(() => demote(standardSeverity, incident, { to, at: 5, actor: ana, reason: 'x' })).toThrow(`${to} is not below sev2`)
  })

  it('refuses a level that the policy does not have', () => {
    expect(() => openIncident(standardSeverity, 'sev0' as never, 0)).toThrow('there is no level "sev0"')
    expect(() => isAbove(standardSeverity, 'sev1', 'toString' as never)).toThrow('there is no level "toString"')
  })
})

describe('the clock runs from detection', () => {
  it('says what is left', () => {
    expect(responseClock(standardSeverity, incident, detectedAt + 10 * minute)).toEqual({
      dueAt: detectedAt + 15 * minute,
      remainingMs: 5 * minute,
      isOverdue: false,
    })
    expect(responseClock(standardSeverity, incident, detectedAt + 15 * minute)).toMatchObject({ isOverdue: false })
    expect(responseClock(standardSeverity, incident, detectedAt + 16 * minute)).toMatchObject({ remainingMs: -minute, isOverdue: true })
  })

  it('is not set back by a promotion', () => {
    const higher = promote(standardSeverity, incident, { to: 'sev1', at: detectedAt + 10 * minute, reason: 'x' })
    expect(responseClock(standardSeverity, higher, detectedAt + 10 * minute)).toMatchObject({ isOverdue: true })
  })
})

describe('escalation', () => {
  const due = (minutes: number, done: readonly string[] = [], acknowledged?: number) =>
    escalationsDue(standardSeverity, 'sev2', {
      detectedAt,
      now: detectedAt + minutes * minute,
      done,
      ...(acknowledged === undefined ? {} : { acknowledgedAt: detectedAt + acknowledged * minute }),
    })

  it('tells who is due, once each', () => {
    expect(due(14).map(({ id }) => id)).toEqual(['on-call@0s'])
    expect(due(15)).toEqual([
      { id: 'on-call@0s', to: 'on-call', dueAt: detectedAt, lateMs: 15 * minute },
      { id: 'tech-lead@15m', to: 'tech-lead', dueAt: detectedAt + 15 * minute, lateMs: 0 },
    ])
    expect(due(15, ['on-call@0s']).map(({ to }) => to)).toEqual(['tech-lead'])
  })

  it('goes no further when somebody has taken it', () => {
    expect(due(20, ['on-call@0s'], 14)).toEqual([])
    expect(due(20, ['on-call@0s'], 15).map(({ to }) => to)).toEqual(['tech-lead'])
  })

  it('tells everybody of the new level at once after a promotion', () => {
    const told = escalationsDue(standardSeverity, 'sev1', {
      detectedAt,
      now: detectedAt + 31 * minute,
      done: ['on-call@0s', 'tech-lead@15m'],
    })
    expect(told.map(({ id }) => id)).toEqual(['tech-lead@0s', 'cto@0s'])
  })

  it('tells nobody at the lowest level', () => {
    expect(escalationsDue(standardSeverity, 'sev4', { detectedAt, now: detectedAt + 999 * minute, done: [] })).toEqual([])
  })
})

describe('unmet criteria promote after their time', () => {
  const since = detectedAt + 20 * minute
  const ask = (minutes: number, criteria: 'healthy' | 'unhealthy' | 'unknown') =>
    promotionDue(standardSeverity, incident, { since, now: since + minutes * minute, criteria })

  it('after 30 minutes, not before', () => {
    expect(ask(29, 'unhealthy')).toBeUndefined()
    expect(ask(30, 'unhealthy')).toEqual({ to: 'sev1', reason: 'The success criteria were not met for 30m', maintenance: 'offer' })
  })

  it('takes no data for unmet', () => {
    expect(ask(30, 'unknown')).toMatchObject({ to: 'sev1', reason: 'The success criteria could not be seen for 30m' })
  })

  it('asks for nothing while they are met, and nothing above the top', () => {
    expect(ask(300, 'healthy')).toBeUndefined()
    expect(
      promotionDue(standardSeverity, openIncident(standardSeverity, 'sev1', 0), { since: 0, now: 1e12, criteria: 'unhealthy' }),
    ).toBeUndefined()
  })
})
