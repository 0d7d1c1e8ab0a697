import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Plan } from '../../src/contract/nodes.ts'
import { coreRules } from '../../src/lint/core-rules.ts'
import { lint } from '../../src/lint/lint.ts'
import { defineRule, type LintRule } from '../../src/lint/rule.ts'
import type { Preview } from '../../src/preview/preview.ts'
import { pageSteps } from './page-steps.ts'
import { sealed } from './stub-steps.ts'

const root = new URL('../../../../', import.meta.url)
const pageOf = (page: string): string => readFileSync(new URL(page, root), 'utf8')

const at = '2026-11-23T03:00:05Z'

/** The clock of the pages: right before the preview. */
class PageDate {
  toISOString(): string {
    return '2026-11-23T03:00:04.117Z'
  }
}

/** The plan under a heading, built: pages hold plain JavaScript that ends in `export default plan({…})`. */
function planUnder(page: string, heading: string): Plan {
  const code = new RegExp(`^## ${heading}$[^]*?^\`\`\`ts\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (code === undefined) throw new Error(`no code under "${heading}"`)
  const words = { ...pageSteps, Date: PageDate }
  const build = runInThisContext(`(({ ${Object.keys(words).join(', ')} }) => { ${code.replace('export default', 'return')} })`) as (
    given: typeof words,
  ) => Plan
  return build(words)
}

async function codesUnder(page: string, heading: string): Promise<readonly string[]> {
  const plan = await sealed(planUnder(page, heading))
  const preview: Preview = { format: 'backstep-preview/v1', plan, at, steps: [], requires: [], findings: [], hash: '' }
  return lint(plan, { preview }).map(({ code }) => code)
}

describe.each(coreRules.map((rule) => [rule.code, rule] as const))('docs/lint/%s.md', (code, rule) => {
  it('is the page of the rule, with its level', () => {
    expect(rule.page).toBe(`docs/lint/${code}.md`)
    const page = pageOf(rule.page)
    expect(page.split('\n')[0]).toBe(`# ${code}`)
    expect(page).toContain(`Level: ${rule.level}`)
  })
  it('shows a wrong plan that this rule finds', async () => {
    expect(await codesUnder(pageOf(rule.page), 'Wrong')).toContain(code)
  })
  it('shows a right plan in which no rule finds anything', async () => {
    expect(await codesUnder(pageOf(rule.page), 'Right')).toEqual([])
  })
})

describe('docs/lint', () => {
  it('has no page of a rule that does not exist, and an index that names every rule', () => {
    const pages = readdirSync(new URL('docs/lint/', root)).filter((name) => name !== 'README.md')
    expect(pages.toSorted()).toEqual([...coreRules.map(({ code }) => `${code}.md`), 'lint.rule-failed.md'].toSorted())
    const index = pageOf('docs/lint/README.md')
    for (const name of pages) expect(index).toContain(`(${name})`)
    expect(existsSync(new URL('docs/lint/lint.rule-failed.md', root))).toBe(true)
  })
  it('shows a rule that works', async () => {
    const [, code = ''] = /^```ts\nimport \{ defineRule \}[^\n]*\n([^]*?)^```$/m.exec(pageOf('docs/lint/README.md')) ?? []
    const make = runInThisContext(`(({ defineRule }) => { ${code.replace('export const', 'const')}; return cartTeamIsAsked })`) as (
      words: object,
    ) => LintRule
    const rule = make({ defineRule })
    const { gate, plan, sequence, undoRollout } = pageSteps
    const undo = () => undoRollout({ deployment: 'prod/shop/cart', toRevision: 12 })
    const found = async (made: Plan): Promise<number> => lint(await sealed(made), { rules: [rule] }).length
    expect(await found(plan({ name: 'shop', steps: undo() }))).toBe(1)
    expect(await found(plan({ name: 'shop', steps: sequence(gate.approval({ name: 'cart team', roles: ['cart'] }), undo()) }))).toBe(0)
  })
})
