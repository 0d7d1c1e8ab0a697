import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ApprovalPolicy } from '../../src/contract/nodes.ts'
import type { Approval } from '../../src/engine/records.ts'
import { judgeApprovals } from '../../src/policy/approvals.ts'
import type { ApprovalCase } from '../../src/policy/approval-votes.ts'

const settings = { seed: 20260501, numRuns: 600 }
const hour = 3_600_000
const roles = ['lead', 'owner', 'dba', 'qa'] as const

const actor = fc.record({ id: fc.constantFrom('ana', 'ben', 'cleo', 'dan', 'eve'), roles: fc.subarray([...roles]) })
const hash = fc.constantFrom('good', 'good', 'good', 'other')
const approval: fc.Arbitrary<Approval> = fc.record(
  {
    actor,
    hash,
    grantedAt: fc.integer({ min: 0, max: 6 * hour }),
    breakGlass: fc.constantFrom(false, false, false, true),
    reason: fc.constantFrom('', 'alone'),
  },
  { requiredKeys: ['actor', 'hash', 'grantedAt'] },
)
const policy: fc.Arbitrary<ApprovalPolicy> = fc.record({
  roles: fc.subarray([...roles], { minLength: 1 }),
  quorum: fc.oneof(fc.constant('all' as const), fc.integer({ min: 1, max: 3 })),
  breakGlass: fc.boolean(),
})
const denial = fc.record({ actor, hash, deniedAt: fc.integer({ min: 0, max: 6 * hour }) })
const given: fc.Arbitrary<ApprovalCase> = fc.record({
  hash: fc.constant('good'),
  approvals: fc.array(approval, { maxLength: 7 }),
  denials: fc.oneof(fc.constant([]), fc.constant([]), fc.array(denial, { maxLength: 2 })),
  now: fc.integer({ min: 2 * hour, max: 8 * hour }),
  planner: fc.constant('ana'),
  separationOfDuties: fc.boolean(),
})

/** Tries every way of giving roles to people, one by one. */
function canSeat(open: readonly string[], people: readonly { readonly id: string; readonly roles: readonly string[] }[]): boolean {
  const [role, ...rest] = open
  if (role === undefined) return true
  return people.some((person, index) => person.roles.includes(role) && canSeat(rest, people.toSpliced(index, 1)))
}

function countingPeople(asked: ApprovalPolicy, { approvals, hash: wanted, now, planner, separationOfDuties }: ApprovalCase) {
  const people = new Map<string, Set<string>>()
  for (const { actor: person, hash: granted, grantedAt, breakGlass, reason } of approvals) {
    const counts =
      granted === wanted && grantedAt <= now && now < grantedAt + 4 * hour && asked.roles.some((role) => person.roles?.includes(role))
    const isUsable = breakGlass !== true || (asked.breakGlass === true && reason === 'alone')
    if (!counts || !isUsable || (separationOfDuties === true && person.id === planner)) continue
    const known = people.get(person.id) ?? new Set()
    for (const role of person.roles ?? []) known.add(role)
    people.set(person.id, known)
  }
  return [...people].map(([id, known]) => ({ id, roles: [...known] }))
}

it('grants exactly when the people suffice, by a count of its own', () => {
  fc.assert(
    fc.property(policy, given, (asked, known) => {
      const judgement = judgeApprovals(asked, known)
      if (judgement.state === 'denied') return
      const people = countingPeople(asked, known)
      const suffices = asked.quorum === 'all' ? canSeat(asked.roles, people) : people.length >= Number(asked.quorum)
      const alone = judgement.state === 'granted' && judgement.breakGlass !== undefined
      expect(judgement.state === 'granted').toBe(suffices || alone)
    }),
    settings,
  )
})

it('never grants without different people, one for each needed place', () => {
  fc.assert(
    fc.property(policy, given, (asked, known) => {
      const judgement = judgeApprovals(asked, known)
      if (judgement.state !== 'granted') return
      const names = judgement.by.map((entry) => entry.actor.id)
      expect(new Set(names).size).toBe(names.length)
      const needed = asked.quorum === 'all' ? asked.roles.length : Number(asked.quorum)
      expect(names.length).toBe(judgement.breakGlass === undefined ? needed : 1)
      for (const { actor: person, role } of judgement.by)
        if (role !== undefined)
          expect(known.approvals.some((entry) => entry.actor.id === person.id && entry.actor.roles?.includes(role))).toBe(true)
    }),
    settings,
  )
})

it('never grants over a no that stands, and never without a reason when one person decides alone', () => {
  fc.assert(
    fc.property(policy, given, (asked, known) => {
      const judgement = judgeApprovals(asked, known)
      if (judgement.state !== 'granted') return
      for (const no of known.denials ?? []) {
        const mayDecide = no.hash === known.hash && asked.roles.some((role) => no.actor.roles?.includes(role))
        const takenBack = known.approvals.some(
          (entry) => entry.actor.id === no.actor.id && entry.hash === no.hash && entry.grantedAt > no.deniedAt,
        )
        expect(mayDecide && !takenBack).toBe(false)
      }
      if (judgement.breakGlass !== undefined) expect(judgement.breakGlass.reason.trim()).not.toBe('')
    }),
    settings,
  )
})

it('does not take back a grant because of one more yes', () => {
  fc.assert(
    fc.property(policy, given, approval, (asked, known, more) => {
      if (judgeApprovals(asked, known).state !== 'granted') return
      expect(judgeApprovals(asked, { ...known, approvals: [...known.approvals, more] }).state).toBe('granted')
    }),
    settings,
  )
})

it('still grants until the moment that it names, if nothing else happens', () => {
  fc.assert(
    fc.property(policy, given, fc.double({ min: 0, max: 1, noNaN: true }), (asked, known, share) => {
      const judgement = judgeApprovals(asked, { ...known, denials: [] })
      if (judgement.state !== 'granted') return
      const later = known.now + Math.floor((judgement.countsUntil - 1 - known.now) * share)
      expect(judgeApprovals(asked, { ...known, denials: [], now: later }).state).toBe('granted')
    }),
    settings,
  )
})

it('does not depend on the order in which people answered', () => {
  fc.assert(
    fc.property(policy, given, (asked, known) => {
      expect(judgeApprovals(asked, { ...known, approvals: known.approvals.toReversed() }).state).toBe(judgeApprovals(asked, known).state)
    }),
    settings,
  )
})
