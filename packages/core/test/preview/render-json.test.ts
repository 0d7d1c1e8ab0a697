import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { previewJsonSchema, previewSchema } from '../../src/preview/preview-schema.ts'
import { totalsOf } from '../../src/preview/preview-totals.ts'
import { renderPreviewJson } from '../../src/preview/render-json.ts'
import type { PreparedPreview } from '../../src/preview/preview.ts'
import { fullPreview } from './full-preview.ts'
import { hostileText, withHostileText } from './hostile.ts'
import { hazardousPreview } from './hazardous-preview.ts'
import { blockedPreview, smallPreview } from './sample-previews.ts'

const schemaFile = new URL('../../schemas/preview.schema.json', import.meta.url)
const published = (): z.ZodType => z.fromJSONSchema(JSON.parse(readFileSync(schemaFile, 'utf8')) as Parameters<typeof z.fromJSONSchema>[0])

describe('renderPreviewJson', () => {
  it('writes the preview and its totals, and nothing is lost', async () => {
    for (const preview of [fullPreview, await smallPreview(), await hazardousPreview(), await blockedPreview()]) {
      expect(JSON.parse(renderPreviewJson(preview))).toEqual({ ...preview, totals: totalsOf(preview) })
    }
  })
  it('leaves out the preparations of a prepared preview, which may hold secrets', async () => {
    const prepared: PreparedPreview = {
      ...fullPreview,
      preparations: {
        a: { mark: 'm', preparation: { prepared: { canary: 'S3CRET' }, summary: '', changes: [], guards: [], leases: [], risk: [] } },
      },
    }
    expect(renderPreviewJson(prepared)).not.toContain('S3CRET')
    expect(renderPreviewJson(prepared)).toBe(renderPreviewJson(fullPreview))
  })
  it('can be read by a terminal without harm, and says the same', async () => {
    const preview = await hazardousPreview()
    fc.assert(
      fc.property(hostileText, (hostile) => {
        const given = withHostileText(preview, hostile)
        const written = renderPreviewJson(given)
        expect(written.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(JSON.parse(written)).toEqual({ ...given, totals: totalsOf(given) })
      }),
      { seed: 9, numRuns: 100 },
    )
  })
})

describe('the published schema', () => {
  it('is the one of this code (update it with vitest -u)', async () => {
    await expect(`${JSON.stringify(previewJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(schemaFile.pathname)
  })
  it('knows every field of a preview', () => {
    const written: unknown = JSON.parse(renderPreviewJson(fullPreview))
    expect(previewSchema.parse(written)).toEqual(written)
    const strict = z.fromJSONSchema(z.toJSONSchema(previewSchema) as Parameters<typeof z.fromJSONSchema>[0])
    expect(strict.safeParse(written).error).toBeUndefined()
  })
  it('accepts what we write, and a newer preview with fields that it does not know', async () => {
    for (const preview of [fullPreview, await smallPreview(), await hazardousPreview(), await blockedPreview()]) {
      const written = JSON.parse(renderPreviewJson(preview)) as object
      expect(published().safeParse(written).error).toBeUndefined()
      expect(published().safeParse({ ...written, addedLater: true }).error).toBeUndefined()
    }
  })
  it.each<[string, (document: Record<string, never>) => unknown]>([
    ['another format', (document) => ({ ...document, format: 'backstep-preview/v2' })],
    ['no plan', ({ plan: _, ...document }) => document],
    ['a state that does not exist', (document) => ({ ...document, steps: [{ ...fullPreview.steps[0], state: 'done' }] })],
    ['a risk that does not exist', (document) => ({ ...document, steps: [{ ...fullPreview.steps[0], risk: ['mild'] }] })],
    [
      'rows as text',
      (document) => ({
        ...document,
        steps: [{ ...fullPreview.steps[0], changes: [{ resource: 'r', action: 'update', dataLoss: { what: 'x', rows: '3' } }] }],
      }),
    ],
    ['a leaf without an id', (document) => ({ ...document, plan: { ...fullPreview.plan, tree: { type: 'step' } } })],
    [
      'a time that is not UTC',
      (document) => ({
        ...document,
        requires: [{ id: 'a', status: 'healthy', evidence: [{ what: 'w', value: 'v', source: 's', at: '3 o clock' }] }],
      }),
    ],
  ])('refuses %s', (_, broken) => {
    const document = JSON.parse(renderPreviewJson(fullPreview)) as Record<string, never>
    expect(published().safeParse(broken(document)).success).toBe(false)
    expect(previewSchema.safeParse(broken(document)).success).toBe(false)
  })
  it('fits the example on its page', () => {
    const page = readFileSync(new URL('../../../../docs/reference/preview-json.md', import.meta.url), 'utf8')
    const [, example = ''] = /^```json\n([^]*?)^```$/m.exec(page) ?? []
    const document = JSON.parse(example) as Parameters<typeof totalsOf>[0] & { readonly totals: unknown }
    expect(previewSchema.parse(document)).toEqual(document)
    expect(document.totals).toEqual(totalsOf(document))
  })
})
