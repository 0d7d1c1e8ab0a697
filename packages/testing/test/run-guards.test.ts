import { setTimeout as wait } from 'node:timers/promises'
import { plan, secret, type Plan, type Risk } from '@backstep/core'
import { createRunner, memoryLeases, type RunnerPorts } from '@backstep/runner'
import { describe, expect, it } from 'vitest'
import { memoryPorts } from '../src/index.ts'
import { callOf, goodDefinition, liveSettings, restoreSettings, type RestoreDefinition } from './steps/restore-settings.ts'
import { plantedToken, settingsService } from './steps/settings-service.ts'

const secrets = { SETTINGS_TOKEN: plantedToken }

/** Runs the step over a setting of its own, wrong where the test wants it. */
async function runWrong(definition: Partial<RestoreDefinition>, ports: Partial<RunnerPorts> = {}) {
  const service = settingsService({ limit: '50' })
  const build = (): Plan<Risk> =>
    plan({
      name: 'guards',
      steps: restoreSettings({ token: secret('SETTINGS_TOKEN'), names: ['limit'], value: '20' }, service.client, definition),
    })
  const runner = createRunner(memoryPorts({ secrets, ports }))
  const view = await runner.run(build(), { approved: await runner.preview(build()) })
  const { records } = await runner.readRun(view.runId)
  return { service, view, records }
}

describe('a run holds a step to its contacts', () => {
  it('sees a write that was not awaited, also while its lease is still looked at', async () => {
    const leases = memoryLeases()
    const { service, records } = await runWrong(
      {
        async execute(work, context) {
          const call = await callOf(work, context)
          for (const [name, { version }] of await liveSettings(work, context)) {
            void work.client.write(name, { value: work.snapshot.to, changedBy: work.mark, ifVersion: version }, call)
          }
          return { value: work.snapshot.to, names: [...work.options.names] }
        },
      },
      { leases: { ...leases, isCurrent: (key, token) => wait(20).then(() => leases.isCurrent(key, token)) } },
    )
    expect(records.find(({ type }) => type === 'step.failed')).toMatchObject({
      code: 'INTERNAL',
      effect: 'unknown',
      message: expect.stringContaining('"write" was still under way') as string,
    })
    expect(service.valuesOf()).toEqual({ limit: '20' })
  })

  it('refuses a write in verify, as a preview refuses one in prepare', async () => {
    const { service, records } = await runWrong({
      async verify(work, context) {
        const [[name, { version, value }] = ['limit', { version: 0, value: '' }]] = await liveSettings(work, context)
        const isFirst = value === work.snapshot.to && context.notes.length === 0
        if (isFirst)
          await work.client
            .write(name, { value: 'verified', changedBy: work.mark, ifVersion: version }, await callOf(work, context))
            .catch(() => undefined)
        return goodDefinition.verify(work, context)
      },
    })
    expect(records.at(-1)).toMatchObject({ type: 'run.finished', outcome: 'succeeded' })
    expect(service.valuesOf()).toEqual({ limit: '20' })
  })
})
