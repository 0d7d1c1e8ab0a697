import type { PreviewedStep } from './preview.ts'
import type { ChangeView } from './change-view.ts'
import type { Entry } from './wording.ts'

/** What stands beside a step: short, so that they line up. */
export interface StepColumns {
  readonly risk: string
  readonly time: string
  readonly back: string
}

/** One node of the plan as it is shown. Made once for every renderer. */
export interface TreeItem {
  readonly title: string
  readonly isStep: boolean
  readonly state?: PreviewedStep['state']
  readonly columns?: StepColumns
  readonly changes: readonly ChangeView[]
  readonly notes: readonly Entry[]
  readonly children: readonly TreeItem[]
}

export function item(title: string, rest: Partial<TreeItem> = {}): TreeItem {
  return { title, isStep: false, changes: [], notes: [], children: [], ...rest }
}
