import type { ChangeView } from './change-view.ts'
import { findingSection, validitySection } from './closing-sections.ts'
import { lossSection, noReturnSection } from './loss-section.ts'
import { markdownBlock, markdownCode, markdownText } from './markdown-text.ts'
import { laterSection, notTakenSection, onlyIfSection } from './open-sections.ts'
import { peopleSection } from './people-section.ts'
import { alwaysItems, planItems } from './plan-items.ts'
import type { Preview } from './preview.ts'
import { totalsOf } from './preview-totals.ts'
import type { TreeItem } from './step-tree.ts'
import { numbersOf, verdictOf, type PreviewVerdict } from './verdict.ts'
import { momentText, type Entry, type Section } from './wording.ts'

export interface RenderMarkdownOptions {
  /** The command line to type next, shown at the end. */
  readonly next?: string
}

/**
 * A preview as Markdown, for a ticket or a pull request: the same parts in the same order as the text for a terminal, the changes as `diff`
 * blocks behind the steps. CommonMark with one table.
 *
 * Names and values of other systems are escaped: they start no list, heading, link, HTML or code block, and call nobody. To keep `@team` and
 * `#12` from being links, an invisible space stands behind the sign.
 */
export function renderPreviewMarkdown(preview: Preview, { next }: RenderMarkdownOptions = {}): string {
  const totals = totalsOf(preview)
  const items = planItems(preview)
  const always = alwaysItems(preview)
  const blocks: readonly (readonly string[])[] = [
    verdictLines(verdictOf(preview, totals)),
    headLines(preview),
    ['| | |', '| --- | --- |', ...numbersOf(totals).map(([label, value]) => `| ${label} | ${markdownText(value)} |`)],
    ...[lossSection(totals), noReturnSection(preview, totals), peopleSection(preview)].map(sectionLines),
    ['## Steps', '', ...(items.length === 0 ? ['nothing'] : items.flatMap((one) => itemLines(one, '')))],
    changesLines(items),
    always.length === 0 ? [] : ['## At every end', '', ...always.flatMap((one) => itemLines(one, ''))],
    ...[laterSection(preview), notTakenSection(preview), onlyIfSection(preview), findingSection(preview), validitySection(preview)].map(
      sectionLines,
    ),
    next === undefined ? [] : ['## Next', '', markdownCode(next)],
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function verdictLines({ headline, blockers }: PreviewVerdict): readonly string[] {
  return [`# ${markdownText(headline)}`, ...(blockers.length === 0 ? [] : ['', ...blockers.flatMap(entryLines)])]
}

function headLines({ plan, at }: Preview): readonly string[] {
  const severity =
    plan.severity === undefined ? '' : `, ${markdownText(plan.severity.level)}, decided by: ${markdownText(plan.severity.decision)}`
  return [
    `Plan **${markdownText(plan.name)}**${severity}. Previewed ${markdownText(momentText(at))}; nothing was changed to make it.`,
    ...(plan.summary === undefined ? [] : ['', markdownText(plan.summary)]),
  ]
}

function sectionLines({ title, entries }: Section): readonly string[] {
  return entries.length === 0 ? [] : [`## ${title.charAt(0)}${title.slice(1).toLowerCase()}`, '', ...entries.flatMap(entryLines)]
}

function entryLines({ text, details = [], weight }: Entry): readonly string[] {
  return [
    `- ${weight === 'bad' ? `**${markdownText(text)}**` : markdownText(text)}`,
    ...details.map((detail) => `  - ${markdownText(detail)}`),
  ]
}

function itemLines(shown: TreeItem, indent: string): readonly string[] {
  const { title, columns, notes, children } = shown
  const head = shown.isStep ? markdownCode(title) : markdownText(title)
  const facts = columns === undefined ? [] : [columns.risk, columns.time, columns.back].filter((fact) => fact !== '').map(markdownText)
  return [
    `${indent}- ${[head, ...facts].join(' · ')}`,
    ...notes.map(({ text, weight }) => `${indent}  - ${weight === 'bad' ? `**${markdownText(text)}**` : markdownText(text)}`),
    ...children.flatMap((child) => itemLines(child, `${indent}  `)),
  ]
}

function changesLines(items: readonly TreeItem[]): readonly string[] {
  const steps = withChanges(items)
  return steps.length === 0
    ? []
    : ['## Changes', ...steps.flatMap(({ title, changes }) => ['', `### ${markdownCode(title)}`, ...changes.flatMap(changeLines)])]
}

function withChanges(items: readonly TreeItem[]): readonly TreeItem[] {
  return items.flatMap((one) => [...(one.changes.length > 0 ? [one] : []), ...withChanges(one.children)])
}

function changeLines({ action, resource, before, after, diff, loss }: ChangeView): readonly string[] {
  const identity =
    before === undefined && after === undefined
      ? ''
      : `: ${before === undefined ? '' : `${markdownCode(before)} → `}${after === undefined ? (action === 'delete' ? 'gone' : 'not known') : markdownCode(after)}`
  return [
    '',
    `${action} ${markdownCode(resource)}${identity}`,
    ...(diff.length === 0
      ? []
      : [
          '',
          ...markdownBlock(
            'diff',
            diff.map(({ sign, text }) => `${sign} ${text}`),
          ),
        ]),
    ...(loss === undefined ? [] : ['', `**${markdownText(loss.text)}**`]),
  ]
}
