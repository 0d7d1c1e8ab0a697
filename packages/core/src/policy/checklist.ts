import type { Duration } from '../contract/json.ts'
import { describeTarget, type Criteria, type CriteriaResults, type Criterion } from './criteria.ts'

/** One line of a checklist. */
export interface ChecklistItem<Id extends string = string> {
  readonly id: Id
  readonly title: string
  /** What it has to be, in words: `below 1 %`. Left out where the title says it. */
  readonly target?: string
  readonly for?: Duration
  readonly optional: boolean
  /** `open`: nobody has looked, or it is on its way. `unknown`: somebody looked and saw nothing. */
  readonly state: 'done' | 'failed' | 'unknown' | 'open'
  readonly detail?: string
}

export interface ChecklistSection<Id extends string = string> {
  readonly name: string
  readonly title: string
  readonly items: readonly ChecklistItem<Id>[]
}

/** A card to print, or to tick while a run goes on. Data: how it looks is the business of whoever renders it. */
export interface Checklist<Id extends string = string> {
  readonly name: string
  readonly title: string
  readonly sections: readonly ChecklistSection<Id>[]
  readonly done: number
  readonly total: number
}

/** The checklist of a set of criteria, ticked with the results that are known. It is made from what is judged, so the two cannot differ. */
export function checklistOf<Id extends string>(criteria: Criteria<Id>, results: CriteriaResults<NoInfer<Id>> = {}): Checklist<Id> {
  const sections = criteria.groups.map(({ name, title, criteria: group }) => ({
    name,
    title,
    items: group.map((criterion) => itemOf(criterion, results)),
  }))
  const items = sections.flatMap((section) => section.items)
  return {
    name: criteria.name,
    title: criteria.title,
    sections,
    done: items.filter(({ state }) => state === 'done').length,
    total: items.length,
  }
}

function itemOf<Id extends string>(criterion: Criterion<Id>, results: CriteriaResults<Id>): ChecklistItem<Id> {
  const { id, title, target, for: time, optional = false } = criterion
  const result = Object.hasOwn(results, id) ? results[id] : undefined
  const isSaidByTitle = target.target === 'is' && target.value === true
  return {
    id,
    title,
    ...(isSaidByTitle ? {} : { target: describeTarget(target) }),
    ...(time === undefined ? {} : { for: time }),
    optional,
    state: stateOf(result?.status),
    ...(result?.detail === undefined ? {} : { detail: result.detail }),
  }
}

function stateOf(status: string | undefined): ChecklistItem['state'] {
  if (status === undefined || status === 'progressing') return 'open'
  if (status === 'healthy') return 'done'
  return status === 'unhealthy' ? 'failed' : 'unknown'
}
