import * as z from 'zod'
import { RollbackError } from '../contract/errors.ts'
import type { Duration, Kind } from '../contract/json.ts'
import type { ApprovalPolicy, Check, Gate, GateOptions, Notice, Observe, ObserveOptions, Require } from '../contract/nodes.ts'
import { outputsOf } from '../contract/output.ts'
import type { PlanNode } from '../contract/step.ts'
import { checkApprovalPolicy } from '../policy/check-approval-policy.ts'
import { durationOf, firstRepeat, positiveDurationOf } from '../policy/option-error.ts'
import { checkFields, checkName } from './check-name.ts'
import { checkChecks } from './check-node.ts'

/**
 * Nothing behind it starts unless every check is healthy. Sampled in the preview, when nothing before it changes the world, and again when
 * reached. Unhealthy fails; no data blocks for a person.
 *
 * @throws RollbackError `PLAN_INVALID` without checks, or for something that is none.
 */
export function require(...checks: readonly Check[]): PlanNode<'none'> {
  checkChecks('require', checks)
  return Object.freeze<Require>({ node: 'require', risk: ['none'], checks })
}

/**
 * Watches until the checks were healthy for `for` without a break.
 *
 * @throws RollbackError `PLAN_INVALID` without checks, for something that is none, or when the deadline is shorter than the healthy time
 * asked for. `OPTIONS_INVALID` for an unknown field, a name that cannot be used, or a time that is none.
 */
export function observe(options: ObserveOptions): PlanNode<'none'> {
  checkChecks('observe', options.checks ?? [])
  const where = `observe ${options.name ?? options.checks.map((check) => check.kind).join(' ')}`
  if (options.name !== undefined) checkName('observe', options.name)
  checkFields(where, options, ['name', 'checks', 'for', 'deadline', 'every'])
  const deadlineMs = positiveDurationOf(`${where}: deadline`, options.deadline)
  if (options.every !== undefined) positiveDurationOf(`${where}: every`, options.every)
  if (durationOf(`${where}: for`, options.for ?? '0s') > deadlineMs) {
    throw new RollbackError('PLAN_INVALID', `${where}: for ${options.for} cannot be reached before the deadline ${options.deadline}`, {
      hint: 'Make the deadline longer than the healthy time asked for.',
    })
  }
  return Object.freeze<Observe>({ node: 'observe', risk: ['none'], options: { ...options } })
}

/**
 * A message for people. It is done when it stands in the outbox; delivery never delays or fails the run.
 *
 * @throws RollbackError `OPTIONS_INVALID` for a kind that is not `<package>.<name>` in lower case.
 */
export function notice(kind: Kind, options: object): Notice {
  if (!/^[a-z0-9-]+\.[a-z0-9-]+$/.test(kind))
    throw new RollbackError('OPTIONS_INVALID', `notice: the kind ${JSON.stringify(kind)} cannot be used`, {
      hint: "Use '<package>.<name>' in lower case, such as 'notify.slack'.",
    })
  return Object.freeze<Notice>({ node: 'notice', risk: ['none'], kind, options })
}

function makeGate<Answer extends string>(options: GateOptions): Gate<Answer> {
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
  /**
   * Waits until the quorum has said yes to exactly this plan and preview. One no fails it; an expired yes does not count.
   *
   * @throws RollbackError `OPTIONS_INVALID` for a policy that nobody can meet, or that nobody has to meet.
   */
  approval(options: { readonly name: string } & ApprovalPolicy): Gate<'approved'> {
    checkName('gate', options.name)
    checkFields(`gate ${options.name}`, options, ['name', 'roles', 'quorum', 'expires', 'breakGlass'])
    checkApprovalPolicy(`gate ${options.name}`, options)
    return makeGate({ gate: 'approval', ...options })
  },
  /**
   * Waits until a person of the role has gone through the list. No answer in time blocks the run.
   *
   * @throws RollbackError `OPTIONS_INVALID` for an empty list, or a time that is none.
   */
  manualCheck(options: {
    readonly name: string
    readonly role: string
    readonly checklist: readonly string[]
    readonly timeout: Duration
  }): Gate<'confirmed'> {
    checkName('gate', options.name)
    checkFields(`gate ${options.name}`, options, ['name', 'role', 'checklist', 'timeout'])
    positiveDurationOf(`gate ${options.name}: timeout`, options.timeout)
    refuseEmpty(options.name, options.checklist, 'an item of the checklist')
    return makeGate({ gate: 'manual-check', ...options })
  },
  /**
   * Waits for one of the options. Out of time: the option named by `onTimeout`, or `'escalate'`, which blocks the run for a person.
   *
   * @throws RollbackError `OPTIONS_INVALID` for options that cannot be told apart, or a time that is none; `PLAN_INVALID` for an
   * `onTimeout` that is no option.
   */
  decision<const A extends string>(options: {
    readonly name: string
    readonly role: string
    readonly options: readonly A[]
    readonly timeBox: Duration
    readonly onTimeout: NoInfer<A> | 'escalate'
  }): Gate<A> {
    checkName('gate', options.name)
    checkFields(`gate ${options.name}`, options, ['name', 'role', 'options', 'timeBox', 'onTimeout'])
    positiveDurationOf(`gate ${options.name}: timeBox`, options.timeBox)
    refuseEmpty(options.name, options.options, 'an option')
    if (options.onTimeout !== 'escalate' && !options.options.includes(options.onTimeout)) {
      throw new RollbackError('PLAN_INVALID', `gate ${options.name}: onTimeout "${options.onTimeout}" is none of its options`, {
        hint: "Name one of the options, or 'escalate'.",
      })
    }
    return makeGate<A>({ gate: 'decision', ...options })
  },
} as const

function refuseEmpty(name: string, texts: readonly string[], what: string): void {
  const repeat = firstRepeat(texts)
  const isBad = texts.length === 0 || texts.some((text) => text.trim() === '') || repeat !== undefined
  if (!isBad) return
  throw new RollbackError(
    'OPTIONS_INVALID',
    `gate ${name}: ${repeat === undefined ? `${what} is missing or empty` : `"${repeat}" stands there twice`}`,
    {
      hint: 'Write each of them once, in words that people understand.',
    },
  )
}
