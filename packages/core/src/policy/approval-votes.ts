import type { ApprovalPolicy } from '../contract/nodes.ts'
import type { Actor, Approval } from '../engine/records.ts'
import { durationOf } from './option-error.ts'

/** What an approval is judged against. */
export interface ApprovalCase {
  /** What is to be approved now: the hash of the preview, or of one step's preparation. */
  readonly hash: string
  readonly approvals: readonly Approval[]
  readonly denials?: readonly Denial[]
  /** Milliseconds since 1970, UTC. */
  readonly now: number
  /** Id of the person who made or started the plan. */
  readonly planner?: string
  /** The planner's own yes does not count. Needs `planner`. Default `false`. */
  readonly separationOfDuties?: boolean
}

/** One person's no to one hash. It does not expire; the same person's later yes takes it back. */
export interface Denial {
  readonly actor: Actor
  readonly hash: string
  readonly deniedAt: number
  readonly reason?: string
}

/**
 * Why an approval does not count.
 *
 * - `other-hash`: it was given to something else; the plan or the world has changed since.
 * - `expired`: it was given too long ago.
 * - `not-yet`: it is dated in the future, so one of two clocks is wrong.
 * - `wrong-role`: the person has none of the roles.
 * - `same-person-twice`: this person's yes is counted already.
 * - `own-plan`: the planner approves the own plan although duties are separated.
 * - `break-glass-not-allowed`, `break-glass-without-reason`: deciding alone needs a policy that allows it, and a reason.
 * - `nobody`: the approval names no person.
 */
export type VoidReason =
  | 'other-hash'
  | 'expired'
  | 'not-yet'
  | 'wrong-role'
  | 'same-person-twice'
  | 'own-plan'
  | 'break-glass-not-allowed'
  | 'break-glass-without-reason'
  | 'nobody'

/** An approval that does not count. */
export interface VoidApproval {
  readonly why: VoidReason
  readonly actor: Actor
  readonly hash: string
  /** One sentence that names the person and the hash. */
  readonly explanation: string
}

/** One person's yes that counts, with everything that the person has said yes to. */
export interface Vote {
  readonly actor: Actor
  /** The roles of the policy that the person has. */
  readonly roles: readonly string[]
  readonly countsUntil: number
  readonly accepts: readonly string[]
}

/** The yes of a person who decides alone. */
export interface LoneVote extends Vote {
  readonly reason: string
}

/** The approvals of a case, sorted into what counts and what does not. */
export interface CountedVotes {
  /** One for each person. */
  readonly votes: readonly Vote[]
  /** The newest decision alone, if there is one. */
  readonly alone: LoneVote | undefined
  readonly voided: readonly VoidApproval[]
}

/** How long an approval counts when its policy says nothing. */
const defaultExpiry = '4h'

/** Separates the approvals that count, one vote for each person, from those that do not. */
export function countVotes(policy: ApprovalPolicy, given: ApprovalCase): CountedVotes {
  const expiresMs = durationOf('expires', policy.expires ?? defaultExpiry)
  const votes = new Map<string, Vote>()
  const voided: VoidApproval[] = []
  let alone: LoneVote | undefined
  for (const approval of given.approvals.toSorted((one, other) => other.grantedAt - one.grantedAt)) {
    const countsUntil = Math.min(approval.grantedAt + expiresMs, approval.expiresAt ?? Number.POSITIVE_INFINITY)
    const why = whyVoid(policy, given, approval, countsUntil)
    if (why !== undefined) {
      voided.push(voidOf(why, approval))
      continue
    }
    const vote = voteOf(policy, approval, countsUntil)
    if (approval.breakGlass === true) alone ??= { ...vote, reason: approval.reason ?? '' }
    const counted = votes.get(approval.actor.id)
    if (counted !== undefined && approval.breakGlass !== true) voided.push(voidOf('same-person-twice', approval))
    if (!isOwnPlan(given, approval.actor)) votes.set(approval.actor.id, counted === undefined ? vote : joined(counted, vote))
  }
  return { votes: [...votes.values()], alone, voided }
}

/** The person's roles that the policy asks for. A policy without roles takes anybody. */
export function rolesOf(policy: ApprovalPolicy, actor: Actor): readonly string[] {
  return policy.roles.filter((role) => actor.roles?.includes(role) === true)
}

/** True when the person may decide at all under this policy. */
export function mayDecide(policy: ApprovalPolicy, actor: Actor): boolean {
  return policy.roles.length === 0 || rolesOf(policy, actor).length > 0
}

function whyVoid(policy: ApprovalPolicy, given: ApprovalCase, approval: Approval, countsUntil: number): VoidReason | undefined {
  const { actor } = approval
  if (actor.id.trim() === '') return 'nobody'
  if (approval.hash !== given.hash) return 'other-hash'
  if (approval.grantedAt > given.now) return 'not-yet'
  if (!(given.now < countsUntil)) return 'expired'
  if (!mayDecide(policy, actor)) return 'wrong-role'
  if (approval.breakGlass === true) {
    if (policy.breakGlass !== true) return 'break-glass-not-allowed'
    return (approval.reason ?? '').trim() === '' ? 'break-glass-without-reason' : undefined
  }
  return isOwnPlan(given, actor) ? 'own-plan' : undefined
}

function isOwnPlan(given: ApprovalCase, actor: Actor): boolean {
  return given.separationOfDuties === true && actor.id === given.planner
}

function voteOf(policy: ApprovalPolicy, approval: Approval, countsUntil: number): Vote {
  const { actor, accepts = [] } = approval
  return { actor, roles: rolesOf(policy, actor), countsUntil, accepts }
}

function joined(newer: Vote, older: Vote): Vote {
  const roles = [...new Set([...newer.roles, ...older.roles])]
  const accepts = [...new Set([...newer.accepts, ...older.accepts])]
  const addsNothing = roles.length === newer.roles.length && accepts.length === newer.accepts.length
  const countsUntil = addsNothing ? newer.countsUntil : Math.min(newer.countsUntil, older.countsUntil)
  return { actor: newer.actor, roles, accepts, countsUntil }
}

function voidOf(why: VoidReason, { actor, hash }: Approval): VoidApproval {
  return { why, actor, hash, explanation: `The yes of ${actor.id === '' ? 'nobody' : actor.id} to ${hash} ${words[why]}` }
}

const words: Readonly<Record<VoidReason, string>> = {
  'other-hash': 'does not count: it was given to something else than what is to be done now',
  expired: 'does not count: it has expired',
  'not-yet': 'does not count yet: it is dated in the future',
  'wrong-role': 'does not count: this person has none of the roles that may approve',
  'same-person-twice': 'is not counted again: one person counts once',
  'own-plan': 'does not count: whoever made the plan cannot approve it',
  'break-glass-not-allowed': 'does not count: nobody may decide alone under this policy',
  'break-glass-without-reason': 'does not count: deciding alone needs a reason',
  nobody: 'does not count: it names no person',
}
