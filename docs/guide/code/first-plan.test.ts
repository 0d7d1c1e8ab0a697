import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { approve } from '@backstep/runner'
import { fakeClock, memoryRunner } from '@backstep/testing'
import { afterEach, expect, it } from 'vitest'
import template from './first-plan.ts'
import { fillShop, put } from './scene.ts'

const shop = mkdtempSync(join(tmpdir(), 'first-plan-'))
const ana = { id: 'ana', roles: ['on-call'] }
afterEach(() => rm(shop, { recursive: true, force: true }))

it('puts everything back when the old release does not stay', async () => {
  fillShop(shop)
  const clock = fakeClock({ speed: 600 }) // half an hour of watching in three seconds
  const runner = memoryRunner({ clock })
  const plan = template.build({ shop })
  const approved = await runner.preview(plan)
  const view = await runner.run(plan, {
    approved,
    approvals: [approve(approved, { actor: ana, at: clock.now() })],
    onEvent: (event) => {
      // An autodeployer that nobody has switched off.
      const isWatching = event.type === 'record' && event.record.type === 'sample.taken'
      if (isWatching) put(join(shop, 'release.json'), { version: 'v2' })
    },
  })
  clock.stop()
  expect(view.outcome).toBe('compensated')
  expect(view.failure?.code).toBe('UNHEALTHY')
  expect(JSON.parse(await readFile(join(shop, 'flags.json'), 'utf8'))).toEqual({ newCheckout: true })
}, 30_000)
