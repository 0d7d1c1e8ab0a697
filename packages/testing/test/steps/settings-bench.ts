import { secret, type RollbackStep } from '@backstep/core'
import type { StepBench } from '../../src/index.ts'
import { restoreSettings, type RestoreDefinition } from './restore-settings.ts'
import { plantedToken, settingsService, type SettingsClient, type SettingsService } from './settings-service.ts'

export interface Wrong {
  /** Parts of the definition that are replaced. */
  readonly definition?: Partial<RestoreDefinition>
  /** A client that behaves otherwise than the table of contacts says. */
  readonly client?: (service: SettingsService) => SettingsClient
  /** The finished step, changed by hand. */
  readonly step?: (step: RollbackStep) => RollbackStep
  /** The bench of a careless author. */
  readonly bench?: (bench: StepBench, service: SettingsService) => Partial<StepBench>
}

/** A fresh service with two settings, and the step over it. */
export function settingsBench(wrong: Wrong = {}): StepBench {
  const service = settingsService({ limit: '50', colour: 'red' })
  const client = wrong.client?.(service) ?? service.client
  const bench: StepBench = {
    make: (late) => {
      const step = restoreSettings(
        { token: secret('SETTINGS_TOKEN'), names: ['limit', 'colour'], value: late('20') },
        client,
        wrong.definition,
      )
      return wrong.step?.(step) ?? step
    },
    world: async () => service.valuesOf(),
    drift: async () => service.set('limit', '99'),
    writes: async () => service.writeCount(),
    secrets: { SETTINGS_TOKEN: plantedToken },
  }
  return { ...bench, ...wrong.bench?.(bench, service) }
}
