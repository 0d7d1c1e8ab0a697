import type { Finding } from '../contract/preparation.ts'
import { foldPlan } from './preview-tree.ts'
import type { Preview, PreviewedRequire, PreviewedStep } from './preview.ts'

/** One reason why the plan cannot run as it was previewed. */
export interface Blocker {
  /** The node that it stands at; left out for the plan as a whole. */
  readonly id?: string
  /** Code of the refusal or finding, or the status of the check. */
  readonly code: string
  readonly message: string
  readonly hint: string
}

/**
 * What keeps the plan from running, in the order of the plan: steps that refused, blocking findings, preconditions that do not hold.
 *
 * A refused alternative blocks only when no other alternative is left, and an optional part never does.
 */
export function blockersOf(preview: Preview): readonly Blocker[] {
  const steps = new Map(preview.steps.map((step) => [step.id, step]))
  const requires = new Map(preview.requires.map((one) => [one.id, one]))
  const ofPlan = preview.findings.filter(({ level }) => level === 'blocker').map((finding) => fromFinding(finding))
  const ofNodes = foldPlan<readonly Blocker[]>(
    preview.plan,
    ({ id }) => [...blockersOfStep(steps.get(id)), ...blockersOfRequire(requires.get(id))],
    (group, children) => {
      if (group.onFailure === 'go-on') return []
      return group.type === 'fallback' && children.some((child) => child.length === 0) ? [] : children.flat()
    },
  )
  return [...ofPlan, ...ofNodes]
}

function fromFinding({ code, message, hint }: Finding, id?: string): Blocker {
  return { ...(id === undefined ? {} : { id }), code, message, hint }
}

function blockersOfStep(step: PreviewedStep | undefined): readonly Blocker[] {
  if (step === undefined) return []
  const found = step.findings.filter(({ level }) => level === 'blocker').map((finding) => fromFinding(finding, step.id))
  return step.state === 'refused' && step.refusal !== undefined ? [{ id: step.id, ...step.refusal }, ...found] : found
}

function blockersOfRequire(one: PreviewedRequire | undefined): readonly Blocker[] {
  if (one === undefined || one.status === 'healthy' || one.status === 'later') return []
  const message = one.detail ?? (one.status === 'unknown' ? 'there is no data' : `it is ${one.status}`)
  const hint =
    one.status === 'unknown' ? 'Find out why there is no data: no data never counts as healthy.' : 'Make it hold, then preview again.'
  return [{ id: one.id, code: one.status, message, hint }]
}
