import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mermaidLabel } from '../../src/preview/mermaid-label.ts'
import { renderPlanMermaid } from '../../src/preview/render-mermaid.ts'
import { shopWithPipeline } from '../lint/sample-plans.ts'
import { sealed } from '../lint/stub-steps.ts'
import { hostileText, withHostileText } from './hostile.ts'
import { hazardousPreview } from './hazardous-preview.ts'
import { smallPreview } from './sample-previews.ts'

const label = String.raw`"(?:[\p{L}\p{M}\p{N} ._@,+-]|#\d+;|<br>)+"`
const shape = [
  String.raw`\[\[L\]\]`,
  String.raw`\[\/L\/\]`,
  String.raw`\[\/L\\\]`,
  String.raw`\[\\L\/\]`,
  String.raw`\[L\]`,
  String.raw`\(\[L\]\)`,
  String.raw`\{\{L\}\}`,
  String.raw`\{L\}`,
  String.raw`>L\]`,
]
  .join('|')
  .replaceAll('L', label)
/** Every line that a graph may hold. Nothing else is Mermaid's business. */
const grammar = new RegExp(
  String.raw`^(?:flowchart TD|  n\d+(?:${shape})(?::::[a-zA-Z]+)?|  n\d+ -->(?: n\d+)|  n\d+ -- ${label} --> n\d+|  n\d+ -\. ${label} \.-> n\d+|  subgraph g\d+ \[${label}\]|  end|  classDef [a-zA-Z]+ [a-z:#0-9,]+)$`,
  'u',
)

describe('renderPlanMermaid', () => {
  it('draws the graph of a preview', async () => {
    expect(renderPlanMermaid(await hazardousPreview())).toMatchInlineSnapshot(`
      "flowchart TD
        n0(["plan shop release 2026.11.1"])
        n1[/"require checks.backup-fresh@s3#47;orders"/]:::look
        n2{{"gate data"}}:::ask
        subgraph g3 ["during k8s.maintenance@prod#47;shop#47;gateway"]
        n4["k8s.maintenance@prod#47;shop#47;gateway"]:::change
        n5{"which branch"}
        n6["db-migrations.undo-migrations@orders<br>can lose data"]:::hazard
        n7(["go on"])
        n5 -- "if db.state@orders.differs is true #40;taken#41;" --> n6
        n6 --> n7
        n8{"which branch"}
        n9["db-restore.swap@orders<br>not-taken"]:::quiet
        n10(["go on"])
        n8 -- "if db.state@orders.corrupt is true #40;not taken#41;" --> n9
        n9 --> n10
        n8 -- "otherwise" --> n10
        n11{{"gate coupons"}}:::ask
        n12{"which branch"}
        n13["nothing"]:::quiet
        n14["db-restore.restore-beside@orders"]:::change
        n15["db-restore.copy-table@orders#47;coupons<br>can lose data<br>late"]:::hazard
        n14 --> n15
        n16(["go on"])
        n12 -- "if gate coupons.answer is #34;keep#34;" --> n13
        n13 --> n16
        n12 -- "if gate coupons.answer is #34;restore#34;" --> n14
        n15 --> n16
        n17(["try in this order"])
        n18["helm.rollback-release@prod#47;shop"]:::change
        n19["helm.upgrade-release@prod#47;shop"]:::change
        n20(["one worked"])
        n17 --> n18
        n18 --> n20
        n18 -. "failed and put back" .-> n19
        n19 --> n20
        n21[/"at the same time"\\]
        n22["k8s.restore-config@prod#47;shop#47;settings"]:::change
        n23["k8s.restore-config@prod#47;shop#47;flags<br>unchanged"]:::quiet
        n24[\\"all done"/]
        n21 --> n22
        n22 --> n24
        n21 --> n23
        n23 --> n24
        n7 --> n8
        n10 --> n11
        n11 --> n12
        n16 --> n17
        n20 --> n21
        n25["leave k8s.maintenance@prod#47;shop#47;gateway"]:::change
        n4 --> n5
        n24 --> n25
        end
        n26[/"observe shop<br>healthy for 15 min"/]:::look
        n27[["queue.purge@shop#47;outbox<br>point of no return"]]:::noReturn
        n28[/"observe outbox<br>healthy for 5 min"/]:::look
        n1 --> n2
        n2 --> n4
        n25 --> n26
        n26 --> n27
        n27 --> n28
        n29(["end"])
        n0 --> n1
        n28 --> n29
        classDef change fill:#fff4d6,stroke:#b7791f
        classDef hazard fill:#fde2e2,stroke:#c53030
        classDef noReturn fill:#c53030,stroke:#742a2a,color:#ffffff
        classDef ask fill:#e0ecff,stroke:#2b6cb0
        classDef look fill:#e3f6e5,stroke:#2f855a
        classDef quiet fill:#f4f4f4,stroke:#a0a0a0,color:#707070
      "
    `)
  })
  it('draws a sealed plan without a preview', async () => {
    const graph = renderPlanMermaid(await sealed(shopWithPipeline()))
    expect(graph).toContain('subgraph g')
    expect(graph).toContain('"if gate what to do.answer is #34;rollback#34;"')
    expect(graph).not.toContain('"otherwise"')
  })
  it('draws every edge between nodes that exist', async () => {
    const graph = renderPlanMermaid(await hazardousPreview())
    const nodes = new Set([...graph.matchAll(/^ {2}(n\d+)[([{>]/gm)].map(([, id]) => id))
    const ends = [...graph.matchAll(/^ {2}(n\d+) .*(?:-->|\.->) (n\d+)$/gm)].flatMap(([, from, to]) => [from, to])
    expect(ends.length).toBeGreaterThan(20)
    for (const end of ends) expect(nodes).toContain(end)
  })
  it('lets no name break out of its label', async () => {
    const previews = await Promise.all([smallPreview(), hazardousPreview()])
    fc.assert(
      fc.property(fc.constantFrom(...previews), hostileText, (preview, hostile) => {
        const graph = renderPlanMermaid(withHostileText(preview, hostile))
        for (const line of graph.trimEnd().split('\n')) expect(line).toMatch(grammar)
        expect(graph.split('\n').length).toBe(renderPlanMermaid(preview).split('\n').length)
      }),
      { seed: 8, numRuns: 300 },
    )
  })
})

describe('mermaidLabel', () => {
  it.each([
    ['shop/api', 'shop#47;api'],
    ['a"] --> b["', 'a#34;#93; --#62; b#91;#34;'],
    ['%%{init}%%', '#37;#37;#123;init#125;#37;#37;'],
    ['`md`', '#96;md#96;'],
    ['two\nlines', 'two#92;nlines'],
    ['', '-'],
    ['   ', '-'],
    ['niño 日本', 'niño 日本'],
  ])('writes %j as %j', (given, written) => {
    expect(mermaidLabel(given)).toBe(written)
  })
  it('cuts what would make the graph unreadable', () => {
    expect(mermaidLabel('x'.repeat(500))).toBe(`${'x'.repeat(119)}#8230;`)
  })
})
