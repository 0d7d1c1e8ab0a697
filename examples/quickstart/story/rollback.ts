import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Actor, Plan, Risk } from '@backstep/core'
import { fileRunner, type Runner } from '@backstep/runner'
import template from '../plan.ts'
import type { World } from '../world/world.ts'
import { writeReport } from './report.ts'

/** Who says yes in the story. In production this is a person, or several. */
export const onCall: Actor = { id: 'anna', roles: ['on-call'] }

/** Everything that a program needs to use Backstep: a plan from its template, and a runner with a folder, secrets and a mailbox. */
export interface Rollback {
  readonly plan: Plan<Risk>
  readonly runner: Runner
}

export function openRollback({ layout }: World, from: typeof template = template): Rollback {
  const runner: Runner = fileRunner({
    directory: layout.runs,
    actor: { id: 'quickstart' },
    secrets: (name) => readSecret(join(layout.secrets, name)),
    deliver: async ({ key }) => writeReport(layout.report, await runner.readRun(key.slice(0, key.indexOf('/')))),
  })
  return { plan: from.build({ shop: layout.shop }), runner }
}

async function readSecret(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  return text?.trim()
}
