import * as z from 'zod'
import { defineStep, plan, sequence, together } from '@backstep/core'
import { fileRunner } from '../src/index.ts'
import { rmSync } from 'node:fs'
const world = new Map<string,string>()
const set = defineStep({ kind: 'demo.set', options: z.object({ name: z.string(), to: z.string() }),
  prepared: z.object({ before: z.string(), to: z.string() }), receipt: z.object({ value: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write' },
  toRollbackError: (e) => e as Error, target: ({ name }) => ({ system: 'demo', name }),
  async prepare({ options: { name, to } }) { const before = world.get(name) ?? 'old'; return { prepared: { before, to }, summary: `set ${name}`, changes: [{ resource: name, action: 'update', before, after: to }], guards: [], leases: [], risk: ['reversible'] } },
  async probe({ prepared, options }) { const now = world.get(options.name) ?? 'old'; return now === prepared.to ? { at: 'after', receipt: { value: now } } : { at: 'before' } },
  async execute({ prepared, options }) { world.set(options.name, prepared.to); return { value: prepared.to } },
  async verify() { return { status: 'healthy', evidence: [] } },
  async compensate() { return { evidence: [] } },
})
rmSync('/tmp/bench-h/state', { recursive: true, force: true })
const runner = fileRunner({ directory: '/tmp/bench-h/state' })
const N = Number(process.argv[2] ?? 1000)
for (const [name, node] of [['seq', sequence], ['fan', together], ['seq2', sequence], ['fan2', together], ['fan3', together]] as const) {
  world.clear()
  const p = plan({ name, steps: node(...Array.from({ length: N }, (_, i) => set({ name: `s${i}`, to: 'n' }))) })
  const preview = await runner.preview(p)
  const h = await runner.start(p, { approved: preview }); const t = performance.now(); const v = await h.result; console.log(name, v.outcome, ((performance.now() - t) / N * 1000).toFixed(0), 'us/step')
}
