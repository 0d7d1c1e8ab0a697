import type { RollbackStep } from '@backstep/core'
import type { StepBench } from '../../src/index.ts'
import { settingsBench, type Wrong } from '../steps/settings-bench.ts'
import type { SettingsService } from '../steps/settings-service.ts'

/** A step that breaks one promise, and the check that is meant to catch it. */
export interface WrongStep extends Omit<Wrong, 'step'> {
  readonly is: string
  readonly caughtBy: string
  /** What the check has to say about it. */
  readonly says: string
  readonly step?: (step: RollbackStep, service: SettingsService) => RollbackStep
}

/** A fresh world with the wrong step in it. */
export function wrongBench({ step, bench, ...wrong }: WrongStep): StepBench {
  return settingsBench({
    ...wrong,
    bench: (made, service) => {
      const changed = bench?.(made, service) ?? {}
      const make: StepBench['make'] = (late) => (changed.make === undefined ? made.make(late) : changed.make(late))
      return { ...changed, make: (late) => step?.(make(late), service) ?? make(late) }
    },
  })
}
