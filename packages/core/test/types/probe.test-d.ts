import { expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { defineQuery, defineStep, type Duration, type Output, type QueryFactory, type Secret, type StepFactory, type Options } from '@backstep/core'
type ImageDigest = `${string}@sha256:${string}`
interface PullOptions { readonly images: readonly ImageDigest[]; readonly mode?: 'fast' | 'slow'; readonly pair: readonly [string, number]; readonly value: string | Secret; readonly timeout?: Duration; readonly on?: boolean }
type R = { readonly names: readonly string[] }
const pull: StepFactory<PullOptions, R, 'reversible', undefined, 'images' | 'mode' | 'value' | 'on'> = defineStep({
  kind: 'a.b', options: z.strictObject({ images: z.array(z.custom<ImageDigest>()), mode: z.enum(['fast', 'slow']).optional(), pair: z.tuple([z.string(), z.number()]), value: z.custom<string | Secret>(), timeout: z.custom<Duration>().default('5m'), on: z.boolean().optional() }),
  late: ['images', 'mode', 'value', 'on'], prepared: z.object({ a: z.string() }), receipt: z.object({ names: z.array(z.string()) }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' }, target: ({ pair, timeout }) => { timeout satisfies Duration; return { system: 'x', name: pair[0] } }, toRollbackError: (c) => c as Error,
  async prepare({ options }) { options.images satisfies readonly ImageDigest[]; return { prepared: { a: '' }, summary: '', changes: [], guards: [], leases: [], risk: [] } },
  async probe() { return { at: 'before' } }, async execute() { return { names: [] } }, async verify() { return { status: 'healthy', evidence: [] } }, async compensate() { return { evidence: [] } },
})
type Q = { readonly images: readonly ImageDigest[]; readonly mode: 'fast' | 'slow'; readonly text: string; readonly on: boolean }
const find: QueryFactory<{ readonly names: readonly string[] }, Q> = defineQuery({ kind: 'a.q', options: z.strictObject({ names: z.array(z.string()) }), result: z.object({ images: z.array(z.custom<ImageDigest>()), mode: z.enum(['fast', 'slow']), text: z.string(), on: z.boolean() }), target: () => ({ system: 'x', name: 'y' }), async read() { return { images: [], mode: 'fast', text: '', on: true } } })
it('a', () => {
  const list = ['x'] as const
  const q = find({ names: list })
  const s = pull({ images: q.output.images, mode: q.output.mode, pair: ['a', 1] as const, value: q.output.text, on: q.output.on })
  pull({ images: ['a@sha256:1'] as const, pair: ['a', 1], value: 'x', timeout: '15m' })
  // @ts-expect-error unit
  pull({ images: ['a@sha256:1'], pair: ['a', 1], value: 'x', timeout: '15' })
  // @ts-expect-error tag
  pull({ images: ['a:latest'], pair: ['a', 1], value: 'x' })
  // @ts-expect-error tuple
  pull({ images: ['a@sha256:1'], pair: ['a', 'b'], value: 'x' })
  // @ts-expect-error not late
  pull({ images: ['a@sha256:1'], pair: q.output.text, value: 'x' })
  expectTypeOf(s.output.names).toEqualTypeOf<Output<readonly string[], 'execute'>>()
  expectTypeOf<Options<{ a: string[] }>>().toEqualTypeOf<{ readonly a: readonly string[] }>()
})
