import { allLeaves, RollbackError, type Actor, type RecordBody, type Run, type SealedPlan } from '@backstep/core'

/** Steps by id whose changed code a person accepts, and why. */
export interface PlanOverride {
  readonly ids: readonly string[]
  readonly reason: string
}

/** Only steps that have not run matter; the shape of the plan must be the same. */
export function checkOverride(
  run: Run,
  sealed: SealedPlan,
  now: SealedPlan,
  { override, actor }: { readonly override?: PlanOverride; readonly actor: Actor },
): RecordBody {
  const before = new Map(allLeaves(sealed).map((leaf) => [leaf.id, leaf.hash]))
  const after = new Map(allLeaves(now).map((leaf) => [leaf.id, leaf.hash]))
  const isSameShape = shapeOf(sealed) === shapeOf(now)
  const changed = [...before]
    .filter(([id, hash]) => after.get(id) !== hash && !isDone(run, id))
    .map(([id, from]) => ({ id, from, to: after.get(id) ?? '' }))
  const missing = changed.filter(({ id }) => run.overridden.get(id) !== after.get(id) && override?.ids.includes(id) !== true)
  if (!isSameShape || missing.length > 0)
    throw planChanged(
      sealed,
      now,
      'started',
      changed.map(({ id }) => id),
      isSameShape,
    )
  return { type: 'plan.overridden', leaves: changed, actor, reason: override?.reason ?? 'only steps that have run were changed' }
}

function isDone(run: Run, id: string): boolean {
  const node = run.index.byId.get(id)
  const phase = node === undefined ? undefined : run.leaves[node.number]?.phase
  return phase === 'done' || phase === 'skipped'
}

function shapeOf(plan: SealedPlan): string {
  return JSON.stringify([plan.tree, plan.always], (key, value: unknown) =>
    ['hash', 'options', 'timeoutMs', 'attempts', 'forMs', 'deadlineMs', 'everyMs', 'inputs', 'label'].includes(key) ? undefined : value,
  )
}

/** The error for a plan that is not the one that was previewed or started, naming the steps. */
export function planChanged(
  sealed: SealedPlan,
  now: SealedPlan,
  when: string,
  ids: readonly string[] = changedIds(sealed, now),
  isSameShape = true,
): RollbackError {
  const what = isSameShape && ids.length > 0 ? `other code now: ${ids.join(', ')}` : 'the plan has other steps now'
  return new RollbackError('PLAN_CHANGED', `${sealed.name} is not the plan that was ${when}: ${what}`, {
    hint:
      when === 'previewed'
        ? 'Preview again.'
        : 'Resume with the version that started the run. If the change is harmless, override these steps by name with a reason.',
  })
}

function changedIds(sealed: SealedPlan, now: SealedPlan): readonly string[] {
  const after = new Map(allLeaves(now).map((leaf) => [leaf.id, leaf.hash]))
  return allLeaves(sealed)
    .filter((leaf) => after.get(leaf.id) !== leaf.hash)
    .map((leaf) => leaf.id)
}
