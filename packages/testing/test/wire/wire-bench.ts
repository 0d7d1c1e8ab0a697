import { secret, type RollbackStep } from '@backstep/core'
import { faultProxy, type StepBench } from '../../src/index.ts'
import { restoreSettings } from '../steps/restore-settings.ts'
import { settingsService, type SettingsClient } from '../steps/settings-service.ts'
import { httpSettings, secrets, settingsServer } from './settings-server.ts'

export interface WireWrong {
  readonly client?: (client: SettingsClient) => SettingsClient
  readonly step?: (step: RollbackStep) => RollbackStep
}

/** The settings behind a real HTTP server, reached through a proxy that the kit disturbs. */
export async function wireBench(wrong: WireWrong = {}): Promise<StepBench> {
  const service = settingsService({ limit: '50', colour: 'red' })
  const server = await settingsServer(service)
  const proxy = await faultProxy({ port: server.port })
  return {
    make: (late) => {
      const client = httpSettings(proxy.port)
      const step = restoreSettings(
        { token: secret('SETTINGS_TOKEN'), names: ['limit', 'colour'], value: late('20') },
        wrong.client?.(client) ?? client,
      )
      return wrong.step?.(step) ?? step
    },
    world: async () => service.valuesOf(),
    drift: async () => service.set('limit', '99'),
    writes: async () => service.writeCount(),
    secrets,
    unreachable: () => proxy.unreachable(),
    proxy,
    async tearDown() {
      await proxy.close()
      await server.close()
    },
  }
}
