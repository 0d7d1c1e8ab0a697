const factoryCount = 40
const risks = ['reversible', 'reversible', 'reversible', 'data-loss'] as const
const head = `import * as backstep from '@backstep/core'\nimport * as z from 'zod'\n`

/** Step factories as an adapter writes them, no two with the same options, receipt or snapshot; every fourth can lose data. */
function factories(): string {
  const makeFactory = (index: number): string => `
export const step${index} = backstep.defineStep({
  kind: 'bench.step-${index}',
  options: z.strictObject({ name: z.string(), late${index}: z.string().optional(), size: z.int().default(${index}), images: z.array(z.string()) }),
  late: ['late${index}'],
  prepared: z.object({ before${index}: z.string(), kinds: z.array(z.enum(['a', 'b'])) }),
  snapshot: z.object({ rules${index}: z.string() }),
  receipt: z.object({ id${index}: z.string(), revision: z.int() }),
  traits: { risk: '${risks[index % risks.length]}', idempotency: 'natural', fencing: 'lease-only' },
  toRollbackError: (cause) => cause as Error,
  target: ({ name }) => ({ system: 'bench', name }),
  prepare: async ({ options }) => ({ prepared: { before${index}: options.name, kinds: ['a'] }, snapshot: { rules${index}: '' }, summary: '', changes: [], guards: [], leases: [], risk: [] }),
  probe: async ({ prepared }) => ({ at: 'elsewhere', detail: prepared.before${index} }),
  execute: async ({ snapshot }) => ({ id${index}: snapshot.rules${index}, revision: 1 }),
  verify: async () => ({ status: 'healthy', evidence: [] }),
  compensate: async () => ({ evidence: [] }),
})`
  return head + Array.from({ length: factoryCount }, (_, index) => makeFactory(index)).join('\n')
}

/** A plan of that many steps, each with an output of the one before, in parts beside each other, as alternatives and in scopes. */
function plan(stepCount: number): string {
  const steps = Array.from({ length: stepCount }, (_, index) => {
    const kind = index % factoryCount
    const previous = (index + factoryCount - 1) % factoryCount
    const late = index % 10 === 0 ? '' : `, late${kind}: s${index - 1}.output.id${previous}`
    return `const s${index} = f.step${kind}({ name: 's${index}', images: ['a']${late} })`
  })
  const part = (first: number): string => {
    const names = Array.from({ length: 10 }, (_, index) => `s${first + index}`)
    return `  ${['sequence', 'together', 'fallback'][(first / 10) % 3]}(${names.join(', ')}),`
  }
  const parts = Array.from({ length: stepCount / 10 }, (_, index) => part(index * 10))
  return `import { fallback, plan, sequence, together } from '@backstep/core'\nimport * as f from './factories.ts'\n${steps.join('\n')}
export default plan({ name: 'bench', steps: sequence(\n${parts.join('\n')}\n) })\n`
}

/** Each file alone is one program; the later ones hold the earlier ones. */
export const sources: Readonly<Record<string, string>> = {
  empty: 'export {}\n',
  imports: `${head}export const used = [backstep.plan, z.object]\n`,
  factories: factories(),
  'plan-of-200': plan(200),
  'plan-of-1000': plan(1000),
}
