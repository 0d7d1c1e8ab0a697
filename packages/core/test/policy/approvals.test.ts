import { describe, expect, it } from 'vitest'
import type { ApprovalPolicy } from '../../src/contract/nodes.ts'
import type { Approval } from '../../src/engine/records.ts'
import { judgeApprovals, type ApprovalJudgement } from '../../src/policy/approvals.ts'
import type { ApprovalCase, VoidReason } from '../../src/policy/approval-votes.ts'

const hour = 3_600_000
const now = 100 * hour
const hash = 'sha256:plan'
const both: ApprovalPolicy = { roles: ['tech-lead', 'product-owner'], quorum: 'all' }
const lead: ApprovalPolicy = { roles: ['tech-lead'] }

function yes(id: string, roles: readonly string[], more: Partial<Approval> = {}): Approval {
  return { actor: { id, roles }, hash, grantedAt: now - hour, ...more }
}

function judge(policy: ApprovalPolicy, approvals: readonly Approval[], more: Partial<ApprovalCase> = {}): ApprovalJudgement {
  return judgeApprovals(policy, { hash, approvals, now, ...more })
}

function reasons(judgement: ApprovalJudgement): readonly VoidReason[] {
  return judgement.voided.map(({ why }) => why)
}

describe('one person of the role is enough by default', () => {
  it('grants, and names the person and the hash', () => {
    const judgement = judge(lead, [yes('ana', ['tech-lead'])])
    expect(judgement).toMatchObject({ state: 'granted', by: [{ actor: { id: 'ana' } }], countsUntil: now + 3 * hour })
    expect(judgement.explanation).toBe('ana said yes to sha256:plan')
  })

  it('waits while nobody has answered', () => {
    expect(judge(lead, [])).toMatchObject({ state: 'waiting', missingPeople: 1, voided: [] })
  })

  it('takes anybody when the policy names no role', () => {
    expect(judge({ roles: [], quorum: 1 }, [{ actor: { id: 'ana' }, hash, grantedAt: now }])).toMatchObject({ state: 'granted' })
  })
})

describe('an approval that does not count says why', () => {
  it.each<[VoidReason, ApprovalPolicy, Approval, Partial<ApprovalCase>]>([
    ['other-hash', lead, yes('ana', ['tech-lead'], { hash: 'sha256:other' }), {}],
    ['expired', lead, yes('ana', ['tech-lead'], { grantedAt: now - 4 * hour }), {}],
    ['expired', { ...lead, expires: '30m' }, yes('ana', ['tech-lead']), {}],
    ['expired', lead, yes('ana', ['tech-lead'], { expiresAt: now }), {}],
    ['not-yet', lead, yes('ana', ['tech-lead'], { grantedAt: now + 1 }), {}],
    ['wrong-role', lead, yes('ana', ['qa']), {}],
    ['wrong-role', lead, { actor: { id: 'ana' }, hash, grantedAt: now }, {}],
    ['own-plan', lead, yes('ana', ['tech-lead']), { planner: 'ana', separationOfDuties: true }],
    ['break-glass-not-allowed', lead, yes('ana', ['tech-lead'], { breakGlass: true, reason: 'alone at night' }), {}],
    ['break-glass-without-reason', { ...lead, breakGlass: true }, yes('ana', ['tech-lead'], { breakGlass: true, reason: '  ' }), {}],
    ['nobody', lead, yes(' ', ['tech-lead']), {}],
  ])('%s', (why, policy, approval, more) => {
    const judgement = judge(policy, [approval], more)
    expect(judgement.state).toBe('void')
    expect(reasons(judgement)).toEqual([why])
    expect(judgement.explanation).toContain(approval.hash)
    expect(judgement.explanation).toContain(approval.actor.id)
  })

  it('counts the planner where duties are not separated', () => {
    expect(judge(lead, [yes('ana', ['tech-lead'])], { planner: 'ana' }).state).toBe('granted')
  })

  it('stays waiting, not void, while another yes counts', () => {
    const judgement = judge({ roles: ['tech-lead'], quorum: 2 }, [yes('ana', ['tech-lead']), yes('ben', ['qa'])])
    expect(judgement).toMatchObject({ state: 'waiting', missingPeople: 1, voided: [{ why: 'wrong-role', actor: { id: 'ben' } }] })
  })
})

describe('a number asks for that many different people', () => {
  const two: ApprovalPolicy = { roles: ['cto', 'tech-lead'], quorum: 2 }

  it('counts one person once', () => {
    const judgement = judge(two, [yes('ana', ['cto']), yes('ana', ['tech-lead'], { grantedAt: now })])
    expect(judgement).toMatchObject({ state: 'waiting', missingPeople: 1 })
    expect(reasons(judgement)).toEqual(['same-person-twice'])
    expect(judge({ roles: ['cto'] }, [yes('ana', ['cto']), yes('ana', ['cto'], { grantedAt: now })])).toMatchObject({
      countsUntil: now + 4 * hour,
    })
    expect(judge({ roles: ['cto'] }, [yes('ana', ['cto'], { grantedAt: now }), yes('ana', ['cto'])])).toMatchObject({
      countsUntil: now + 4 * hour,
    })
  })

  it('says how many are missing', () => {
    expect(judge(two, [yes('ana', ['cto'])]).explanation).toBe('ana said yes to sha256:plan; missing: 1 more person')
    expect(judge(two, []).explanation).toBe('Nobody said yes to sha256:plan; missing: 2 more people')
  })

  it('grants with two people of the same role', () => {
    expect(judge(two, [yes('ana', ['cto']), yes('ben', ['cto'])]).state).toBe('granted')
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('never grants a quorum of %s', (quorum) => {
    expect(judge({ ...two, quorum }, [yes('ana', ['cto']), yes('ben', ['cto'])])).toMatchObject({ state: 'waiting', missingPeople: 1 })
  })
})

describe("'all' asks for one different person of each role", () => {
  it('does not let one person with both roles decide alone', () => {
    const judgement = judge(both, [yes('ana', ['tech-lead', 'product-owner'])])
    expect(judgement).toMatchObject({ state: 'waiting', missingPeople: 1 })
    expect(judgement).toMatchObject({ missingRoles: [{ role: 'product-owner', orRoles: ['tech-lead'] }] })
    expect(judgement.explanation).toContain('product-owner or tech-lead')
  })

  it('finds the assignment when the flexible person answers first', () => {
    const judgement = judge(both, [yes('ana', ['tech-lead', 'product-owner']), yes('ben', ['tech-lead'])])
    expect(judgement).toMatchObject({
      state: 'granted',
      by: [
        { actor: { id: 'ben' }, role: 'tech-lead' },
        { actor: { id: 'ana' }, role: 'product-owner' },
      ],
    })
    expect(judgement.explanation).toBe('ben as tech-lead, ana as product-owner said yes to sha256:plan')
  })

  it('needs two people for a role that is listed twice', () => {
    const policy: ApprovalPolicy = { roles: ['dev', 'dev'], quorum: 'all' }
    expect(judge(policy, [yes('ana', ['dev'])]).state).toBe('waiting')
    expect(judge(policy, [yes('ana', ['dev']), yes('ben', ['dev'])]).state).toBe('granted')
  })

  it('never grants for no roles at all', () => {
    expect(judge({ roles: [], quorum: 'all' }, [yes('ana', ['dev'])])).toMatchObject({ state: 'waiting', missingPeople: 1 })
  })

  it('expires with the first of the people that it needs', () => {
    const judgement = judge(both, [yes('ana', ['tech-lead'], { expiresAt: now + 5 }), yes('ben', ['product-owner'])])
    expect(judgement).toMatchObject({ state: 'granted', countsUntil: now + 5 })
  })
})

describe('a no ends it', () => {
  const denial = { actor: { id: 'ben', roles: ['tech-lead'] }, hash, deniedAt: now - 1000, reason: 'the backup is not verified' }

  it('denies, and names the person, the hash and the reason', () => {
    const judgement = judge(lead, [yes('ana', ['tech-lead'])], { denials: [denial] })
    expect(judgement).toMatchObject({ state: 'denied', by: { id: 'ben' }, reason: 'the backup is not verified' })
    expect(judgement.explanation).toBe('ben said no to sha256:plan: the backup is not verified')
  })

  it('stands against a decision alone', () => {
    const alone = yes('ana', ['tech-lead'], { breakGlass: true, reason: 'alone', grantedAt: now })
    expect(judge({ ...lead, breakGlass: true }, [alone], { denials: [denial] }).state).toBe('denied')
  })

  it('is taken back by a later yes of the same person, not by an earlier one or one at the same moment', () => {
    expect(judge(lead, [yes('ben', ['tech-lead'], { grantedAt: now })], { denials: [denial] }).state).toBe('granted')
    expect(judge(lead, [yes('ana', ['tech-lead']), yes('ben', ['tech-lead'], { grantedAt: now })], { denials: [denial] }).state).toBe(
      'granted',
    )
    expect(judge(lead, [yes('ben', ['tech-lead'])], { denials: [denial] }).state).toBe('denied')
    expect(judge(lead, [yes('ben', ['tech-lead'], { grantedAt: denial.deniedAt })], { denials: [denial] }).state).toBe('denied')
  })

  it('does not count from somebody without the role, nor for another hash', () => {
    const outsider = { ...denial, actor: { id: 'eve', roles: ['sales'] } }
    expect(judge(lead, [yes('ana', ['tech-lead'])], { denials: [outsider, { ...denial, hash: 'sha256:other' }] }).state).toBe('granted')
  })
})

describe('break-glass', () => {
  const policy: ApprovalPolicy = { ...both, breakGlass: true }
  const alone = yes('ana', ['tech-lead'], { breakGlass: true, reason: 'nobody answers, all users are down', accepts: ['step-1'] })

  it('lets one person decide alone with a reason that is kept', () => {
    const judgement = judge(policy, [alone])
    expect(judgement).toMatchObject({ state: 'granted', breakGlass: { actor: { id: 'ana' }, reason: alone.reason }, accepts: ['step-1'] })
    expect(judgement.explanation).toBe('ana decided alone on sha256:plan: nobody answers, all users are down')
  })

  it('reaches over an own plan, which is what alone means', () => {
    expect(judge(policy, [alone], { planner: 'ana', separationOfDuties: true }).state).toBe('granted')
  })

  it('still needs one of the roles', () => {
    expect(reasons(judge(policy, [{ ...alone, actor: { id: 'ana', roles: ['qa'] } }]))).toEqual(['wrong-role'])
  })

  it('ends when it expires, also when the same person has a later ordinary yes', () => {
    const approvals = [{ ...alone, expiresAt: now + 10 }, yes('ana', ['tech-lead'], { grantedAt: now })]
    expect(judge(policy, approvals)).toMatchObject({ state: 'granted', countsUntil: now + 10, voided: [] })
    expect(judge(policy, approvals, { now: now + 10 }).state).toBe('waiting')
  })
})

it('collects the hazardous steps that the people have named', () => {
  const approvals = [yes('ana', ['tech-lead'], { accepts: ['a'] }), yes('ben', ['product-owner'], { accepts: ['a', 'b'] })]
  expect(judge(both, approvals)).toMatchObject({ state: 'granted', accepts: ['a', 'b'] })
})
