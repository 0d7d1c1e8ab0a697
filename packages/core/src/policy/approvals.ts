import type { ApprovalPolicy } from '../contract/nodes.ts'
import type { Actor } from '../engine/records.ts'
import { assignRoles, type MissingRole } from './assign-roles.ts'
import { countVotes, mayDecide, type ApprovalCase, type Denial, type LoneVote, type VoidApproval, type Vote } from './approval-votes.ts'

/** One person whose yes was needed and given. */
export interface Approver {
  readonly actor: Actor
  /** Under `quorum: 'all'` the role that the person stands for. */
  readonly role?: string
}

export interface Judged {
  /** One sentence for people. */
  readonly explanation: string
  /** Approvals that do not count, and why. */
  readonly voided: readonly VoidApproval[]
}

/**
 * Whether something is approved.
 *
 * - `granted`: by these people, until then.
 * - `waiting`: not enough of them yet.
 * - `denied`: somebody who may decide said no.
 * - `void`: every yes that was given does not count; `voided` says why.
 */
export type ApprovalJudgement =
  | (Judged & {
      readonly state: 'granted'
      readonly by: readonly Approver[]
      /** The first of the needed approvals expires then; judge again before acting. */
      readonly countsUntil: number
      /** Ids of the hazardous steps that at least one of the people who said yes has named. */
      readonly accepts: readonly string[]
      /** One person decided alone, for this reason. */
      readonly breakGlass?: { readonly actor: Actor; readonly reason: string }
    })
  | (Judged & {
      readonly state: 'waiting' | 'void'
      /** How many more people are needed, at least. */
      readonly missingPeople: number
      /** Under `quorum: 'all'` the roles that nobody stands for. */
      readonly missingRoles: readonly MissingRole[]
    })
  | (Judged & { readonly state: 'denied'; readonly by: Actor; readonly reason?: string })

/**
 * Judges the answers of people to one hash. What cannot be met is never granted.
 *
 * People are told apart by `actor.id`, exactly; that the id and the roles are true is the business of whoever recorded them. Under
 * `quorum: 'all'` each role needs a person of its own: a person with two roles counts once, and an assignment of people to roles is found
 * where one exists. A number asks for that many different people. No roles at all means anybody, and cannot be combined with `'all'`.
 *
 * A no of somebody who may decide ends it, also against a decision alone, until the same person says yes later. Break-glass lets one person
 * with one of the roles decide alone, with a reason, also over an own plan, and only where the policy allows it.
 *
 * @throws RollbackError `OPTIONS_INVALID` only for an `expires` that is no duration.
 */
export function judgeApprovals(policy: ApprovalPolicy, given: ApprovalCase): ApprovalJudgement {
  const { votes, alone, voided } = countVotes(policy, given)
  const denial = standingDenial(policy, given)
  if (denial !== undefined) return denied(denial, voided)
  if (alone !== undefined) return grantedAlone(given.hash, alone, votes, voided)
  return policy.quorum === 'all' ? judgeAll(policy.roles, given, votes, voided) : judgeCount(policy.quorum ?? 1, given, votes, voided)
}

function standingDenial(policy: ApprovalPolicy, given: ApprovalCase): Denial | undefined {
  return (given.denials ?? []).find((denial) => {
    if (denial.hash !== given.hash || !mayDecide(policy, denial.actor)) return false
    return !given.approvals.some(
      ({ actor, hash, grantedAt }) =>
        actor.id === denial.actor.id && hash === given.hash && grantedAt > denial.deniedAt && grantedAt <= given.now,
    )
  })
}

function denied({ actor, hash, reason }: Denial, voided: readonly VoidApproval[]): ApprovalJudgement {
  const why = reason === undefined ? '' : `: ${reason}`
  return {
    state: 'denied',
    by: actor,
    ...(reason === undefined ? {} : { reason }),
    explanation: `${actor.id} said no to ${hash}${why}`,
    voided,
  }
}

function grantedAlone(hash: string, alone: LoneVote, votes: readonly Vote[], voided: readonly VoidApproval[]): ApprovalJudgement {
  const { reason } = alone
  return {
    state: 'granted',
    by: [{ actor: alone.actor }],
    countsUntil: alone.countsUntil,
    accepts: acceptsOf([alone, ...votes]),
    breakGlass: { actor: alone.actor, reason },
    explanation: `${alone.actor.id} decided alone on ${hash}: ${reason}`,
    voided,
  }
}

function judgeAll(
  roles: readonly string[],
  given: ApprovalCase,
  votes: readonly Vote[],
  voided: readonly VoidApproval[],
): ApprovalJudgement {
  const candidates = votes.map((vote) => ({ id: vote.actor.id, roles: vote.roles }))
  const { taken, missing } = assignRoles(roles, candidates)
  if (missing.length > 0 || roles.length === 0) {
    const names = missing.map(({ role, orRoles }) => [role, ...orRoles].join(' or ')).join(', and of ')
    const wanted = roles.length === 0 ? 'nobody can give it: the policy names no role' : `one more person each of ${names}`
    return notYet(given, votes, voided, Math.max(1, missing.length), missing, wanted)
  }
  const by = taken.flatMap(({ role, id }) => votes.filter((vote) => vote.actor.id === id).map((vote) => ({ vote, role })))
  return granted(given, by, votes, voided)
}

function judgeCount(quorum: number, given: ApprovalCase, votes: readonly Vote[], voided: readonly VoidApproval[]): ApprovalJudgement {
  const needed = Number.isInteger(quorum) && quorum >= 1 ? quorum : Number.POSITIVE_INFINITY
  if (votes.length >= needed) {
    const longest = votes.toSorted((one, other) => other.countsUntil - one.countsUntil)
    return granted(
      given,
      longest.slice(0, needed).map((vote) => ({ vote })),
      votes,
      voided,
    )
  }
  const missing = Number.isFinite(needed) ? needed - votes.length : 1
  const wanted = Number.isFinite(needed)
    ? `${missing} more ${missing === 1 ? 'person' : 'people'}`
    : `nobody can give it: a quorum of ${quorum} cannot be counted`
  return notYet(given, votes, voided, missing, [], wanted)
}

function granted(
  given: ApprovalCase,
  by: readonly { readonly vote: Vote; readonly role?: string }[],
  votes: readonly Vote[],
  voided: readonly VoidApproval[],
): ApprovalJudgement {
  const names = by.map(({ vote, role }) => (role === undefined ? vote.actor.id : `${vote.actor.id} as ${role}`)).join(', ')
  return {
    state: 'granted',
    by: by.map(({ vote, role }) => ({ actor: vote.actor, ...(role === undefined ? {} : { role }) })),
    countsUntil: Math.min(...by.map(({ vote }) => vote.countsUntil)),
    accepts: acceptsOf(votes),
    explanation: `${names} said yes to ${given.hash}`,
    voided,
  }
}

function notYet(
  given: ApprovalCase,
  votes: readonly Vote[],
  voided: readonly VoidApproval[],
  missingPeople: number,
  missingRoles: readonly MissingRole[],
  wanted: string,
): ApprovalJudgement {
  const state = votes.length === 0 && voided.length > 0 ? 'void' : 'waiting'
  const soFar = votes.length === 0 ? 'Nobody' : votes.map((vote) => vote.actor.id).join(', ')
  const reasons = voided.map((entry) => `. ${entry.explanation}`).join('')
  return { state, missingPeople, missingRoles, explanation: `${soFar} said yes to ${given.hash}; missing: ${wanted}${reasons}`, voided }
}

function acceptsOf(votes: readonly Vote[]): readonly string[] {
  return [...new Set(votes.flatMap((vote) => vote.accepts))]
}
