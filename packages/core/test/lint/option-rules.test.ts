import { describe, expect, it } from 'vitest'
import { secret } from '../../src/contract/secret.ts'
import { lint } from '../../src/lint/lint.ts'
import { clockInOptions } from '../../src/lint/rules/clock-in-options.ts'
import { mutableTag } from '../../src/lint/rules/mutable-tag.ts'
import { relativeTarget } from '../../src/lint/rules/relative-target.ts'
import { planTemplate } from '../../src/plan/plan.ts'
import * as z from 'zod'
import type { Preview } from '../../src/preview/preview.ts'
import { messagesOf, planOf } from './expect-rule.ts'
import { query, sealed, step } from './stub-steps.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const withOptions = (options: object) => step('x.put-back', 'shop', 'reversible', options)

describe('plan.mutable-tag', () => {
  const hits = async (options: object): Promise<number> => (await messagesOf(mutableTag, withOptions(options))).length
  it('finds a tag that moves', async () => {
    expect(await messagesOf(mutableTag, withOptions({ image: 'shop/api:latest' }))).toEqual([
      '"x.put-back@shop" goes back to "shop/api:latest" (image), a name that can point to another image tomorrow',
    ])
  })
  it('is content with digests', async () => {
    expect(await hits({ image: `shop/api@${digest}`, images: [`registry.example:5000/shop/web:1.4@${digest}`], digest })).toBe(0)
  })
  it.each([
    { target: 'registry.example/api:prod' },
    { images: { web: 'web:dev' } },
    { workerImage: 'worker' },
    { images: ['a/b:1.4.2'] },
    { digest: 'v1.4.2' },
  ])('finds %j', async (options) => {
    expect(await hits(options)).toBe(1)
  })
  it.each([
    { role: 'app:dev' },
    { url: 'https://shop/api:latest' },
    { image: '' },
    { note: 'the image is latest' },
    { imagePullPolicy: 'Always' },
    { image: { pullPolicy: 'Always' } },
  ])('leaves %j alone', async (options) => {
    expect(await hits(options)).toBe(0)
  })
  it('looks at the answers of queries, and not at secrets or later values', async () => {
    const resolved = query('release.resolve', 'shop', { images: ['shop/api:stage'] })
    const first = step('x.first', 'shop', 'reversible')
    expect(await messagesOf(mutableTag, withOptions({ images: resolved.output.images }))).toHaveLength(1)
    expect(await messagesOf(mutableTag, first, withOptions({ image: first.output.result, imageKey: secret('shop/api') }))).toEqual([])
  })
  it('does not speak of steps that change nothing', async () => {
    expect(await messagesOf(mutableTag, step('release.preserve', 'shop', 'none', { image: 'shop/api:latest' }))).toEqual([])
  })
})

describe('plan.relative-target', () => {
  const hits = async (options: object): Promise<number> => (await messagesOf(relativeTarget, withOptions(options))).length
  it('finds a target that means something else tomorrow', async () => {
    expect(await messagesOf(relativeTarget, withOptions({ toRevision: 'previous' }))).toEqual([
      '"x.put-back@shop" goes back to "previous" (toRevision), which means something else after the next change',
    ])
  })
  it.each([
    { to: '-1' },
    { revision: -1 },
    { revision: 0 },
    { ref: 'HEAD~1' },
    { ref: 'v1.2^' },
    { ref: 'main' },
    { version: 'Latest' },
    { toTag: 'penultimate' },
    { chartVersion: '^1.2.0' },
    { commit: 'main@{1}' },
    { nested: { backup: ['latest'] } },
  ])('finds %j', async (options) => {
    expect(await hits(options)).toBe(1)
  })
  it.each([
    { revision: 41 },
    { to: 'v1.4.2' },
    { ref: 'c0ffee0' },
    { version: '2026-11-22' },
    { channel: 'previous' },
    { to: 'main' },
    { to: '+34600111222' },
    { tolerance: -1 },
    { version: 0 },
    { to: 'stakeholders' },
  ])('leaves %j alone', async (options) => {
    expect(await hits(options)).toBe(0)
  })
})

describe('plan.clock-in-options', () => {
  const at = '2026-11-23T03:00:05Z'
  const found = async (options: object, input?: string): Promise<number> => {
    const template = planTemplate({ name: 'shop', input: z.string(), build: () => planOf(withOptions(options)) })
    const plan = await sealed(input === undefined ? planOf(withOptions(options)) : template.build(input))
    const preview: Preview = { format: 'backstep-preview/v1', plan, at, steps: [], requires: [], findings: [], hash: '' }
    return lint(plan, { rules: [clockInOptions], preview }).length
  }
  it.each([{ since: '2026-11-23T03:00:04.117Z' }, { since: Date.parse(at) - 1883 }])(
    'finds the reading of a clock: %j',
    async (options) => {
      expect(await found(options)).toBe(1)
    },
  )
  it.each([{ since: '2026-11-23T03:00:04Z' }, { since: '2026-11-22T03:00:04.117Z' }, { since: 1500 }, { since: Date.parse(at) - 5000 }])(
    'leaves %j alone',
    async (options) => {
      expect(await found(options)).toBe(0)
    },
  )
  it('accepts a time that came in as input', async () => {
    expect(await found({ since: '2026-11-23T03:00:04.117Z' }, '2026-11-23T03:00:04.117Z')).toBe(0)
  })
  it('says nothing without a preview to compare with', async () => {
    expect(await messagesOf(clockInOptions, withOptions({ since: '2026-11-23T03:00:04.117Z' }))).toEqual([])
  })
})
