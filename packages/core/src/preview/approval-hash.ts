import type { Change, Preparation } from '../contract/preparation.ts'
import { canonical, hashOf } from '../seal/canonical.ts'
import type { SealedPlan } from '../seal/sealed-plan.ts'
import type { PreviewedStep } from './preview.ts'

/**
 * What an approval of one step binds to: where the step ends and what it loses. sha256, 64 hexadecimal digits.
 *
 * Bound: the id, the exact risk, of each change its resource, action, identity after and data loss (what, window, `rowsAtMost`, where it is
 * kept), and the risk of going back.
 *
 * Not bound, because they move while nothing that matters changes: the identity before, guards, counted rows, summary, fields, estimates,
 * and the order in which a list happened to be read.
 */
export function approvalHash(id: string, preparation: Preparation): string {
  return hashOf({
    id,
    risk: preparation.risk.toSorted(),
    changes: preparation.changes.map(boundOf).toSorted(byText),
    undo: preparation.undo?.risk ?? 'reversible',
  })
}

/**
 * What an approval of the whole binds to: the plan with its sealed answers, and the approval hash of every step that could be prepared.
 * Steps that are late have none: a hazardous one asks again when it is reached.
 */
export function previewHash(plan: SealedPlan, steps: readonly PreviewedStep[]): string {
  const approvals = steps.filter(({ approvalHash: hash }) => hash !== undefined).map(({ id, approvalHash: hash }) => ({ id, hash }))
  return hashOf({ plan: plan.hash, approvals: approvals.toSorted(byText) })
}

function boundOf({ resource, action, after, dataLoss }: Change): object {
  if (dataLoss === undefined) return { resource, action, after }
  const { what, from, to, rowsAtMost, keptIn } = dataLoss
  return { resource, action, after, dataLoss: { what, from, to, rowsAtMost, keptIn } }
}

function byText(one: object, other: object): number {
  const [left, right] = [canonical(one), canonical(other)]
  return left < right ? -1 : left > right ? 1 : 0
}
