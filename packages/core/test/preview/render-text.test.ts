import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../src/preview/plain-text.ts'
import { renderPreviewText, type RenderTextOptions } from '../../src/preview/render-text.ts'
import type { Preview } from '../../src/preview/preview.ts'
import { planOf } from '../lint/expect-rule.ts'
import { step } from '../lint/stub-steps.ts'
import { hostileText, withHostileText } from './hostile.ts'
import { hazardousPreview } from './hazardous-preview.ts'
import { blockedPreview, previewOf, smallPreview } from './sample-previews.ts'

// oxlint-disable-next-line no-control-regex -- our own colours are escape sequences
const ownSequence = /\u001b\[(?:0|1|2|1;31|33|1;32|31|32)m/g
const linesOf = (preview: Preview, options: RenderTextOptions = {}): readonly string[] => renderPreviewText(preview, options).split('\n')

describe('renderPreviewText', () => {
  it('says first whether the plan can run', async () => {
    expect(linesOf(await smallPreview())[0]).toBe('CAN RUN: everything that it does can be put back')
    expect(linesOf(await blockedPreview())[0]).toBe('CANNOT RUN: 3 things block it')
  })
  it('never breaks a line inside a word, and stays within the width otherwise', async () => {
    for (const make of [smallPreview, hazardousPreview, blockedPreview]) {
      const preview = await make()
      for (const width of [80, 97, 140]) {
        for (const line of linesOf(preview, { width })) {
          const isOneLongWord = line
            .trim()
            .split(' ')
            .some((word) => columnsOf(word) > 40)
          expect(isOneLongWord || columnsOf(line) <= width, `${width}: ${line}`).toBe(true)
        }
      }
    }
  })
  it('keeps the width between 80 and 140', async () => {
    const preview = await hazardousPreview()
    expect(renderPreviewText(preview, { width: 20 })).toBe(renderPreviewText(preview, { width: 80 }))
    expect(renderPreviewText(preview, { width: 1000 })).toBe(renderPreviewText(preview, { width: 140 }))
  })
  it('colours only when asked, and says the same', async () => {
    for (const make of [smallPreview, hazardousPreview, blockedPreview]) {
      const preview = await make()
      const plain = renderPreviewText(preview)
      const coloured = renderPreviewText(preview, { colour: true })
      expect(plain).not.toContain('\u001b')
      expect(coloured).not.toBe(plain)
      expect(coloured.replaceAll(ownSequence, '')).toBe(plain)
    }
  })
  it('draws with ASCII when asked', async () => {
    expect(renderPreviewText(await hazardousPreview(), { unicode: false })).toMatch(/^[\n\x20-\x7e]*$/)
  })
  it('puts columns that do not fit beside a long name below it', async () => {
    const name = 'a-very-long-namespace-name/a-very-long-deployment-name'
    const preview = await previewOf(planOf(step('k8s.undo-rollout', name, 'reversible'), step('x.y', 'z', 'reversible')), {})
    const lines = linesOf(preview, { width: 80 })
    const at = lines.findIndex((line) => line.includes(name))
    expect(lines[at]).toBe(`├─ k8s.undo-rollout@${name}`)
    expect(lines[at + 1]).toBe('│                                      reversible                  puts all back')
  })
  it('shows many fields and long values in part, and says so', async () => {
    const fields = Array.from({ length: 30 }, (_, index) => ({ path: `field${index}`, after: 'x' }))
    const long = { path: 'script', after: Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n') }
    const preview = await previewOf(planOf(step('x.y', 'z', 'reversible')), {
      'x.y@z': { preparation: { changes: [{ resource: 'r', action: 'update', fields: [long, ...fields] }] } },
    })
    const text = renderPreviewText(preview)
    expect(text).toContain('line 15\n')
    expect(text).not.toContain('line 16')
    expect(text).toContain('and 24 more lines, all of them in the JSON')
    expect(text).toContain('field22: x')
    expect(text).not.toContain('field23')
    expect(text).toContain('and 7 more fields, all of them in the JSON')
  })
})

describe('text of other systems', () => {
  it('never leaves as an escape sequence, a control character, or a line of its own', async () => {
    const previews = await Promise.all([smallPreview(), hazardousPreview(), blockedPreview()])
    fc.assert(
      fc.property(fc.constantFrom(...previews), hostileText, fc.boolean(), (preview, hostile, unicode) => {
        const shown = renderPreviewText(withHostileText(preview, hostile), { unicode, next: `run ${hostile}` })
        expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(startsOf(shown)).toEqual(startsOf(renderPreviewText(preview, { unicode, next: 'run' })))
      }),
      { seed: 20261123, numRuns: 300 },
    )
  })
  it('never colours with anything but our own sequences', async () => {
    const preview = await hazardousPreview()
    fc.assert(
      fc.property(hostileText, (hostile) => {
        const shown = renderPreviewText(withHostileText(preview, hostile), { colour: true })
        expect(shown.replaceAll(ownSequence, '')).not.toContain('\u001b')
        expect(shown.replaceAll(ownSequence, '')).toBe(renderPreviewText(withHostileText(preview, hostile)))
      }),
      { seed: 4, numRuns: 200 },
    )
  })
})

/** Lines that begin at the left edge with a word: headings. A text from outside must not be able to make one. */
function startsOf(shown: string): readonly string[] {
  return shown
    .split('\n')
    .filter((line) => /^[A-Za-z]/.test(line))
    .map((line) => line.split(' ').slice(0, 2).join(' '))
}
