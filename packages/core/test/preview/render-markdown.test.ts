import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markdownBlock, markdownCode, markdownText } from '../../src/preview/markdown-text.ts'
import { renderPreviewMarkdown } from '../../src/preview/render-markdown.ts'
import { hostileText, withHostileText } from './hostile.ts'
import { hazardousPreview } from './hazardous-preview.ts'
import { blockedPreview, smallPreview } from './sample-previews.ts'

describe('renderPreviewMarkdown', () => {
  it('is readable in a ticket', async () => {
    expect(renderPreviewMarkdown(await smallPreview(), { next: 'backstep run undo.ts' })).toMatchInlineSnapshot(`
      "# CAN RUN: everything that it does can be put back

      Plan **undo checkout**, sev1, decided by: confirm. Previewed 2026-11-23 03:00:05 UTC; nothing was changed to make it.

      Customers can pay again.

      | | |
      | --- | --- |
      | changes | 1 change in 1 step |
      | risk | reversible |
      | time | about 16 min 30 s |
      | downtime | not known (1 step gives no estimate) |

      ## Data lost

      - No data is lost.

      ## People needed

      - Approval "go" by one of each: tech-lead, product-owner
        - counts for 15 min; in an emergency one person alone, with a reason

      ## Steps

      - require checks.context@prod
        - holds: context prod
      - gate go
        - approval by one of each: tech-lead, product-owner
      - \`k8s.undo-rollout@prod/shop/checkout\` · reversible · \\~1 min 30 s · puts all back
        - Return Deployment shop/checkout to revision 41
        - going back takes about 1 min 30 s
      - observe checkout: healthy for 15 min, given up after 30 min
      - tell notify.slack (channel #​incidents, template incident.resolved)

      ## Changes

      ### \`k8s.undo-rollout@prod/shop/checkout\`

      update \`apps/Deployment/shop/checkout\`: \`revision 42 (template 5f7c9d)\` → \`revision 41 (template 9ab0e1)\`

      \`\`\`diff
      - spec.template.spec.containers[checkout].image: shop/checkout@sha256:4242424242424242424242424242424242424242424242424242424242424242
      + spec.template.spec.containers[checkout].image: shop/checkout@sha256:4141414141414141414141414141414141414141414141414141414141414141
      - spec.template.spec.containers[checkout].env.NEW_TAX: on
      - spec.replicas: 5
      + spec.replicas: 3
      \`\`\`

      ## At every end

      - tell report.incident (id PROD-2026-11-23-001)

      ## How long this holds

      - Made 2026-11-23 03:00:05 UTC. It has no end of its own.
      - It holds while these facts do:
        - apps/Deployment/shop/checkout: uid is 7f1e0c0a-3a53-4a42-9a55-0b7c0d2f8f11
        - apps/Deployment/shop/checkout: pod-template-hash is 5f7c9d
      - Another plan, input, outcome or risk than shown here voids it, and so do more lost rows than accepted.
      - An approval counts for 15 min, then it has to be given again.
      - Preview b4ef184280b5ffe1f6783a4604e7cfac2046301210b23876af28527d4b73ff27

      ## Next

      \`backstep run undo.ts\`
      "
    `)
  })
  it('has the same headings, blocks and bullets whatever others wrote into it', async () => {
    const previews = await Promise.all([smallPreview(), hazardousPreview(), blockedPreview()])
    fc.assert(
      fc.property(fc.constantFrom(...previews), hostileText, (preview, hostile) => {
        // Lines inside values are lines of a diff, so a value of several lines may add some there and nowhere else.
        expect(structureOf(renderPreviewMarkdown(withHostileText(preview, hostile), { next: hostile }))).toEqual(
          structureOf(renderPreviewMarkdown(withHostileText(preview, 'x'), { next: 'run' })),
        )
      }),
      { seed: 5, numRuns: 300 },
    )
  })
})

describe('markdownText', () => {
  it.each([
    ['# heading', String.raw`\# heading`],
    ['1. item', String.raw`1\. item`],
    ['- item', String.raw`\- item`],
    ['a|b', String.raw`a\|b`],
    ['[x](https://evil)', String.raw`\[x\](https&#58;//evil)`],
    ['https://evil<img>', String.raw`https&#58;//evil\<img\>`],
    ['WWW.evil*', String.raw`WWW&#46;evil\*`],
    ['<img>', String.raw`\<img\>`],
    ['snake_case *bold*', String.raw`snake\_case \*bold\*`],
    ['ask @team about #12', 'ask @\u200bteam about #\u200b12'],
    ['k8s.undo@shop', 'k8s.undo@shop'],
    ['two\nlines', String.raw`two\\nlines`],
  ])('writes %j as %j', (given, written) => {
    expect(markdownText(given)).toBe(written)
  })
  it('leaves no sign unescaped that could act', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const bare = markdownText(text).replaceAll(/\\[!-/:-@[-`{-~]|&#(?:58|46);/g, 'e')
        expect(bare).not.toMatch(/:\/\/|www\./i)
        expect(bare).not.toMatch(/[\\`*_[\]{}<>&|~$!\n]|^[-+#=:]|^\d+[.)]/)
        expect(bare).not.toMatch(/(?:^|[^\p{L}\p{N}_])[@#][\p{L}\p{N}]/u)
      }),
      { seed: 6, numRuns: 500 },
    )
  })
})

describe('markdownCode and markdownBlock', () => {
  it.each([
    ['plain', '`plain`'],
    ['with `tick`', '`` with `tick` ``'],
    ['``', '``` `` ```'],
    ['', '`  `'],
  ])('writes %j as %j', (given, written) => {
    expect(markdownCode(given)).toBe(written)
  })
  it('cannot be closed from inside', () => {
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1, maxLength: 4 }), (lines) => {
        const [open, ...rest] = markdownBlock('diff', lines)
        const fence = open!.slice(0, -'diff'.length)
        expect(rest.at(-1)).toBe(fence)
        for (const line of rest.slice(0, -1)) expect(line).not.toContain(fence)
        const [, ticks, inner] = /^(`+)([^]*?)\1$/.exec(markdownCode(lines[0]!)) ?? []
        expect(inner).not.toContain(ticks)
      }),
      { seed: 7, numRuns: 500 },
    )
  })
})

/** What Markdown makes of each line, without the texts. */
function structureOf(markdown: string): readonly string[] {
  let fence: string | undefined
  const found: string[] = []
  for (const line of markdown.split('\n')) {
    const opened = /^(`{3,})/.exec(line)?.[1]
    if (fence !== undefined) {
      if (line === fence) fence = undefined
      continue
    }
    if (opened !== undefined && line.endsWith('diff')) {
      fence = opened
      found.push('diff')
    } else found.push(/^(?: *- |#+ |\| ?|$)/.exec(line)?.[0] ?? 'text')
  }
  return found
}
