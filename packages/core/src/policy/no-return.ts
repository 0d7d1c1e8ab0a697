import type { Evidence } from '../contract/observation.ts'
import type { Actor } from '../engine/records.ts'
import { noReturnRules, type NoReturnKind, type NoReturnRule, type WayBack } from './no-return-rules.ts'

/**
 * What a look at one point of no return found.
 *
 * - `passed`: the guard is passed; going back is still open.
 * - `failed`: the point lies behind us.
 * - `unknown`: it could not be seen. It forbids as much as `failed` does.
 */
export interface NoReturnResult {
  readonly kind: NoReturnKind
  readonly status: 'passed' | 'failed' | 'unknown'
  readonly evidence: readonly Evidence[]
  readonly detail?: string
}

/** Somebody takes the consequence of one kind. It opens what the rule asks about, never what it forbids. */
export interface NoReturnAcceptance {
  readonly kind: NoReturnKind
  readonly actor: Actor
  readonly reason: string
}

export interface NoReturnQuestion {
  /** The ways back that are considered. */
  readonly ways: readonly WayBack[]
  /** The kinds that matter for this plan. One without a result counts as unknown. */
  readonly kinds: readonly NoReturnKind[]
  readonly results: readonly NoReturnResult[]
  readonly accepted?: readonly NoReturnAcceptance[]
}

/** Why a way back is closed. */
export interface NoReturnReason {
  readonly kind: NoReturnKind
  readonly status: 'failed' | 'unknown'
  /** `forbidden`: closed. `not-accepted`: open as soon as somebody accepts `consequence`. */
  readonly how: 'forbidden' | 'not-accepted'
  /** One sentence for people. */
  readonly explanation: string
  readonly consequence?: string
  /** What can be done before looking again. */
  readonly remedy?: string
  readonly evidence: readonly Evidence[]
}

/** What is still open. */
export interface NoReturnJudgement {
  readonly allowed: readonly WayBack[]
  readonly closed: readonly { readonly way: WayBack; readonly because: readonly NoReturnReason[] }[]
  /** Kinds that could not be seen. */
  readonly unknown: readonly NoReturnKind[]
  /** What somebody has taken upon themselves, for the report. Only what made a difference. */
  readonly accepted: readonly NoReturnAcceptance[]
}

/**
 * Finds the ways back that are still open. Pure: the looks were made before. Several results of one kind count as the worst of them, and
 * an acceptance without a person or a reason does not count.
 */
export function judgeNoReturn(question: NoReturnQuestion): NoReturnJudgement {
  const passedPoints = question.kinds.flatMap((kind) => pointOf(kind, question.results))
  const acceptances = (question.accepted ?? []).filter(({ actor, reason }) => actor.id.trim() !== '' && reason.trim() !== '')
  const isAccepted = (kind: NoReturnKind): boolean => acceptances.some((entry) => entry.kind === kind)
  const judged = question.ways.map((way) => ({
    way,
    because: passedPoints.flatMap((point) => reasonFor(way, point, isAccepted(point.rule.kind))),
  }))
  return {
    allowed: judged.filter(({ because }) => because.length === 0).map(({ way }) => way),
    closed: judged.filter(({ because }) => because.length > 0),
    unknown: passedPoints.filter(({ status }) => status === 'unknown').map(({ rule }) => rule.kind),
    accepted: acceptances.filter(({ kind }) =>
      passedPoints.some(({ rule }) => rule.kind === kind && rule.asks.some((way) => question.ways.includes(way))),
    ),
  }
}

interface PassedPoint {
  readonly rule: NoReturnRule
  readonly status: 'failed' | 'unknown'
  readonly evidence: readonly Evidence[]
  readonly detail: string
}

function pointOf(kind: NoReturnKind, results: readonly NoReturnResult[]): readonly PassedPoint[] {
  const own = results.filter((result) => result.kind === kind)
  const rule = noReturnRules[kind]
  if (own.length === 0) return [{ rule, status: 'unknown', evidence: [], detail: 'nobody has looked' }]
  const worst = own.find(({ status }) => status === 'failed') ?? own.find(({ status }) => status !== 'passed')
  if (worst === undefined) return []
  const status = worst.status === 'failed' ? 'failed' : 'unknown'
  return [
    {
      rule,
      status,
      evidence: own.flatMap(({ evidence }) => evidence),
      detail: worst.detail ?? (status === 'failed' ? 'yes' : 'it could not be seen'),
    },
  ]
}

function reasonFor(way: WayBack, { rule, status, evidence, detail }: PassedPoint, isAccepted: boolean): readonly NoReturnReason[] {
  const isForbidden = rule.forbids.includes(way)
  if (!isForbidden && (!rule.asks.includes(way) || isAccepted)) return []
  return [
    {
      kind: rule.kind,
      status,
      how: isForbidden ? 'forbidden' : 'not-accepted',
      explanation: `${rule.question} ${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`,
      ...(isForbidden || rule.consequence === undefined ? {} : { consequence: rule.consequence }),
      ...(rule.remedy === undefined ? {} : { remedy: rule.remedy }),
      evidence,
    },
  ]
}
