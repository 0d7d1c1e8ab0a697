import type { Duration } from '../contract/json.ts'
import type { VerdictStatus } from '../engine/records.ts'
import { firstRepeat, optionError, positiveDurationOf } from './option-error.ts'
import { showQuantity, type QuantityUnit } from './quantity.ts'

/**
 * What a criterion asks for, as data.
 *
 * - `is`: exactly this value.
 * - `one-of`: one of these.
 * - `below`, `at-most`, `at-least`: a number with its unit.
 * - `none`: nothing of the kind was found.
 * - `confirmed`: a person of the role says so.
 */
export type CriterionTarget =
  | { readonly target: 'is'; readonly value: string | number | boolean }
  | { readonly target: 'one-of'; readonly values: readonly (string | number)[] }
  | { readonly target: 'below' | 'at-most' | 'at-least'; readonly value: number; readonly unit?: QuantityUnit }
  | { readonly target: 'none' }
  | { readonly target: 'confirmed'; readonly role?: string }

/** One thing that has to be true. */
export interface Criterion<Id extends string = string> {
  /** Stable: results, reports and translations key on it. */
  readonly id: Id
  /** For people: "Every pod is ready". */
  readonly title: string
  readonly target: CriterionTarget
  /** How long it has to hold without a break. Default: at one look. */
  readonly for?: Duration
  /** Missing is a warning then; a clear no still fails. Default `false`. */
  readonly optional?: boolean
}

/** Criteria that belong together on a checklist. */
export interface CriteriaGroup<Id extends string = string> {
  readonly name: string
  readonly title: string
  readonly criteria: readonly Criterion<Id>[]
}

/** When something counts as done. Plain data; the same value is judged and printed as a checklist. */
export interface Criteria<Id extends string = string> {
  readonly name: string
  readonly title: string
  readonly groups: readonly CriteriaGroup<Id>[]
}

/** What is known about each criterion. A criterion that is left out is unknown. */
export type CriteriaResults<Id extends string> = {
  readonly [K in Id]?: { readonly status: VerdictStatus; readonly detail?: string } | undefined
}

/** One criterion that keeps the set from being healthy. */
export interface UnmetCriterion<Id extends string = string> {
  readonly id: Id
  readonly group: string
  readonly title: string
  readonly status: Exclude<VerdictStatus, 'healthy'>
  /** What was seen, or that nothing was. */
  readonly detail: string
}

/**
 * What all criteria say together.
 *
 * - `healthy`: every one of them is.
 * - `unhealthy`: at least one was seen to be wrong.
 * - `unknown`: none was seen to be wrong, and at least one could not be seen or is still on its way. Never counts as success.
 */
export interface CriteriaJudgement<Id extends string = string> {
  readonly status: 'healthy' | 'unhealthy' | 'unknown'
  /** What is missing for `healthy`, in the order of the groups. */
  readonly missing: readonly UnmetCriterion<Id>[]
  /** Optional criteria that were not confirmed. */
  readonly warnings: readonly UnmetCriterion<Id>[]
}

/**
 * Makes a set of criteria.
 *
 * @throws RollbackError `OPTIONS_INVALID` when nothing is required (an empty set would always be healthy), when an id or a group stands
 * there twice, or when a time or a number is none.
 */
export function defineCriteria<const Id extends string>(criteria: Criteria<Id>): Criteria<Id> {
  const where = `criteria ${criteria.name}`
  const all = criteria.groups.flatMap((group) => group.criteria)
  if (!all.some((criterion) => criterion.optional !== true))
    throw optionError(`${where}: nothing is required`, 'Add at least one criterion that is not optional.')
  const id = firstRepeat(all.map((criterion) => criterion.id))
  if (id !== undefined) throw optionError(`${where}: ${id} stands there twice`, 'Give each criterion its own id.')
  const group = firstRepeat(criteria.groups.map(({ name }) => name))
  if (group !== undefined) throw optionError(`${where}: the group ${group} stands there twice`, 'Give each group its own name.')
  for (const criterion of all) checkCriterion(`${where}, ${criterion.id}`, criterion)
  return criteria
}

function checkCriterion(where: string, { target, for: time }: Criterion): void {
  if (time !== undefined) positiveDurationOf(`${where}.for`, time)
  if (target.target === 'one-of' && target.values.length === 0)
    throw optionError(`${where}: it can never be met`, 'Name at least one value.')
  if ('value' in target && Number.isNaN(target.value))
    throw optionError(`${where}: its target is no number`, 'Write the target as a number.')
}

/** Judges a set: all have to be healthy, and no data never passes. */
export function judgeCriteria<Id extends string>(criteria: Criteria<Id>, results: CriteriaResults<NoInfer<Id>>): CriteriaJudgement<Id> {
  const missing: UnmetCriterion<Id>[] = []
  const warnings: UnmetCriterion<Id>[] = []
  for (const group of criteria.groups) {
    for (const criterion of group.criteria) {
      const unmet = unmetOf(group.name, criterion, results)
      if (unmet === undefined) continue
      const isWarning = criterion.optional === true && unmet.status !== 'unhealthy'
      ;(isWarning ? warnings : missing).push(unmet)
    }
  }
  const isWrong = missing.some(({ status }) => status === 'unhealthy')
  return { status: isWrong ? 'unhealthy' : missing.length > 0 ? 'unknown' : 'healthy', missing, warnings }
}

function unmetOf<Id extends string>(
  group: string,
  { id, title }: Criterion<Id>,
  results: CriteriaResults<Id>,
): UnmetCriterion<Id> | undefined {
  const result = Object.hasOwn(results, id) ? results[id] : undefined
  if (result?.status === 'healthy') return undefined
  return {
    id,
    group,
    title,
    status: result?.status ?? 'unknown',
    detail: result?.detail ?? (result === undefined ? 'nobody has looked' : result.status),
  }
}

/**
 * Judges one measured value. `unknown` for what is no measurement of the kind: `undefined`, `null`, `NaN`, a number below zero, text where
 * a number is asked for. For `none` hand over the number of findings; for `confirmed`, whether a person has said so.
 */
export function judgeTarget(target: CriterionTarget, measured: unknown): 'healthy' | 'unhealthy' | 'unknown' {
  if (measured === undefined || measured === null || Number.isNaN(measured)) return 'unknown'
  const holds = meets(target, measured)
  return holds === undefined ? 'unknown' : holds ? 'healthy' : 'unhealthy'
}

function meets(target: CriterionTarget, measured: unknown): boolean | undefined {
  switch (target.target) {
    case 'is':
      return typeof measured === typeof target.value ? measured === target.value : undefined
    case 'one-of':
      return target.values.some((value) => typeof value === typeof measured)
        ? (target.values as readonly unknown[]).includes(measured)
        : undefined
    case 'none':
      return typeof measured === 'number' && measured >= 0 ? measured === 0 : undefined
    case 'confirmed':
      return typeof measured === 'boolean' ? measured : undefined
    case 'below':
    case 'at-most':
    case 'at-least':
      return typeof measured === 'number' ? meetsNumber(target.target, target.value, measured) : undefined
  }
}

function meetsNumber(target: 'below' | 'at-most' | 'at-least', value: number, measured: number): boolean | undefined {
  if (measured < 0) return undefined
  if (target === 'at-least') return Number.isFinite(measured) ? measured >= value : undefined
  return target === 'below' ? measured < value : measured <= value
}

/** A target in words: `below 1 %`, `one of 200, 404, 422`. */
export function describeTarget(target: CriterionTarget): string {
  switch (target.target) {
    case 'is':
      return String(target.value)
    case 'one-of':
      return `one of ${target.values.join(', ')}`
    case 'none':
      return 'none'
    case 'confirmed':
      return target.role === undefined ? 'confirmed' : `confirmed by ${target.role}`
    case 'below':
    case 'at-most':
    case 'at-least':
      return `${target.target.replace('-', ' ')} ${showQuantity(target.value, target.unit ?? 'count')}`
  }
}
