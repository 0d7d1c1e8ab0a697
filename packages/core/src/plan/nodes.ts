import * as z from 'zod'
import { durationMs } from '../contract/duration.ts'
import { RollbackError } from '../contract/errors.ts'
import type { Duration, Kind } from '../contract/json.ts'
import type { ApprovalPolicy, Check, Gate, GateOptions, Notice, Observe, ObserveOptions, Require } from '../contract/nodes.ts'
import { outputsOf } from '../contract/output.ts'
import type { PlanNode } from '../contract/step.ts'
import { checkName } from './combinators.ts'

/**
 * Nothing behind it starts unless every check is healthy. Sampled in the preview, when nothing before it changes the world, and again when
 * reached. Unhealthy fails; no data blocks for a person.
 */
export function require(...checks: readonly Check[]): PlanNode<'none'> {
  if (checks.length === 0)
    throw new RollbackError('PLAN_INVALID', 'require needs at least one check', {
      hint: 'Pass the checks that must hold, or leave it out.',
    })
  return Object.freeze<Require>({ node: 'require', risk: ['none'], checks })
}

/**
 * Watches until the checks were healthy for `for` without a break.
 *
 * @throws RollbackError `PLAN_INVALID` without checks, or when the deadline is shorter than the healthy time asked for.
 */
export function observe(options: ObserveOptions): PlanNode<'none'> {
  const name = options.name ?? options.checks.map((check) => check.kind).join(' ')
  if (options.checks.length === 0)
    throw new RollbackError('PLAN_INVALID', 'observe needs at least one check', { hint: 'Pass the checks that must be healthy.' })
  if (durationMs(options.for ?? '0s') > durationMs(options.deadline)) {
    throw new RollbackError(
      'PLAN_INVALID',
      `observe ${name}: for ${options.for} cannot be reached before the deadline ${options.deadline}`,
      { hint: 'Make the deadline longer than the healthy time asked for.' },
    )
  }
  return Object.freeze<Observe>({ node: 'observe', risk: ['none'], options })
}

/** A message for people. It is done when it stands in the outbox; delivery never delays or fails the run. */
export function notice(kind: Kind, options: object): Notice {
  return Object.freeze<Notice>({ node: 'notice', risk: ['none'], kind, options })
}

function makeGate<Answer extends string>(options: GateOptions): Gate<Answer> {
  checkName('gate', options.name)
  const made: Gate<Answer> = {
    node: 'gate',
    risk: ['none'],
    name: options.name,
    options,
    output: outputsOf(() => made, z.object({ answer: z.string() }), 'execute') as unknown as Gate<Answer>['output'],
  }
  return Object.freeze(made)
}

/** Questions to people. A gate without an answer is never passed. */
export const gate = {
  /** Waits until the quorum has said yes to exactly this plan and preview. One no fails it; an expired yes does not count. */
  approval(options: { readonly name: string } & ApprovalPolicy): Gate<'approved'> {
    if (options.roles.length === 0)
      throw new RollbackError('PLAN_INVALID', `gate ${options.name}: nobody may approve it`, { hint: 'Name at least one role.' })
    return makeGate({ gate: 'approval', ...options })
  },
  /** Waits until a person of the role has gone through the list. No answer in time blocks the run. */
  manualCheck(options: {
    readonly name: string
    readonly role: string
    readonly checklist: readonly string[]
    readonly timeout: Duration
  }): Gate<'confirmed'> {
    durationMs(options.timeout)
    return makeGate({ gate: 'manual-check', ...options })
  },
  /** Waits for one of the options. Out of time: the option named by `onTimeout`, or `'escalate'`, which blocks the run for a person. */
  decision<const A extends string>(options: {
    readonly name: string
    readonly role: string
    readonly options: readonly A[]
    readonly timeBox: Duration
    readonly onTimeout: NoInfer<A> | 'escalate'
  }): Gate<A> {
    durationMs(options.timeBox)
    if (options.onTimeout !== 'escalate' && !options.options.includes(options.onTimeout)) {
      throw new RollbackError('PLAN_INVALID', `gate ${options.name}: onTimeout "${options.onTimeout}" is none of its options`, {
        hint: "Name one of the options, or 'escalate'.",
      })
    }
    return makeGate<A>({ gate: 'decision', ...options })
  },
} as const
