import { gate, plan, secret, sequence } from '@backstep/core'
import { createRunner } from '@backstep/runner'
import { describe, expect, it } from 'vitest'
import { fakeClock, memoryPorts, memoryRunner } from '../src/index.ts'
import { restoreSettings } from './steps/restore-settings.ts'
import { plantedToken, settingsService } from './steps/settings-service.ts'

const secrets = { SETTINGS_TOKEN: plantedToken }

describe('memoryRunner', () => {
  const service = () => settingsService({ limit: '50' })
  const planOver = ({ client }: ReturnType<typeof service>) =>
    plan({ name: 'limit', steps: restoreSettings({ token: secret('SETTINGS_TOKEN'), names: ['limit'], value: '20' }, client) })

  it('previews and runs a plan', async () => {
    const runner = memoryRunner({ secrets })
    const settings = service()
    const approved = await runner.preview(planOver(settings))
    expect(settings.valuesOf()).toEqual({ limit: '50' })
    const view = await runner.run(planOver(settings), { approved })
    expect([view.outcome, settings.valuesOf()]).toEqual(['succeeded', { limit: '20' }])
    expect(await runner.listRuns()).toEqual([view.runId])
  })

  it('shares its ports with a second runner, as a second process would', async () => {
    const ports = memoryPorts({ secrets, clock: fakeClock({ speed: 100 }) })
    const waiting = () => plan({ name: 'gated', steps: sequence(gate.approval({ name: 'go', roles: ['on-call'] })) })
    const first = createRunner(ports)
    const { runId, openGates } = await first.run(waiting(), { approved: await first.preview(waiting()) })
    const second = createRunner(ports)
    const [open] = openGates
    await second.answerGate(runId, {
      id: open?.id ?? '',
      hash: open?.hash ?? '',
      answer: 'approved',
      actor: { id: 'ana', roles: ['on-call'] },
    })
    expect((await second.resume(waiting(), { runId })).outcome).toBe('succeeded')
  })

  it('knows no secret that it was not given', async () => {
    const runner = memoryRunner()
    const { steps } = await runner.preview(planOver(service()))
    expect(steps[0]?.refusal?.code).toBe('SECRET_NOT_FOUND')
  })
})
