import { readFile, writeFile } from 'node:fs/promises'
import { defineStep, plan } from '@backstep/core'
import * as z from 'zod'
import { runAsChild } from '../../src/index.ts'

/** A step that is wrong: after a crash it does its effect again. */
await runAsChild(({ folder }: { folder: string }) => {
  const path = `${folder}/app.conf`
  const append = defineStep({
    kind: 'demo.append-twice',
    options: z.strictObject({}),
    prepared: z.object({}),
    receipt: z.object({}),
    traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
    client: () => ({ append: async (text: string) => writeFile(path, (await readFile(path, 'utf8')) + text) }),
    contacts: { append: 'write' },
    toRollbackError: (cause) => cause as Error,
    target: () => ({ system: 'file', name: 'app.conf' }),
    prepare: async () => ({
      prepared: {},
      summary: 'Append',
      changes: [{ resource: path, action: 'update' }],
      guards: [],
      leases: [path],
      risk: ['reversible'],
    }),
    probe: async () => ({ at: 'before' }),
    async execute({ client }) {
      await client.append('more\n')
      return {}
    },
    verify: async () => ({ status: 'healthy', evidence: [] }),
    compensate: async () => ({ evidence: [] }),
  })
  return { plan: plan({ name: 'append', steps: append({}) }) }
})
