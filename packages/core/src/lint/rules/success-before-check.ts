import { leavesOf, type SealedLeaf } from '../../seal/sealed-plan.ts'
import { lookedAt } from '../looked-at.ts'
import { optionValues, wordsOfKey } from '../option-values.ts'
import { defineRule, type LintIssue, type LintRule } from '../rule.ts'

const successWords = new Set([
  'resolve',
  'resolved',
  'restored',
  'recovered',
  'succeeded',
  'success',
  'successful',
  'completed',
  'fixed',
  'operational',
])
const tellingKeys = new Set(['template', 'state', 'status', 'action', 'event', 'result', 'outcome'])

export const successBeforeCheck: LintRule = defineRule({
  code: 'plan.success-before-check',
  level: 'warning',
  page: 'docs/lint/plan.success-before-check.md',
  reason: 'People stop watching when they are told that it is over. Said before the checks, the message is a guess.',
  check({ plan, graph }) {
    const seen = lookedAt(plan.tree)
    const early = graph.leaves.filter((leaf) => tellsSuccess(leaf) && seen.get(leaf.id) !== 'seen')
    const unconditional = plan.always.flatMap(leavesOf).filter(tellsSuccess)
    return [...early.map(earlyIssue), ...unconditional.map(alwaysIssue)]
  },
})

/** Only short telling values count: a sentence may well say that something is not resolved yet. */
function tellsSuccess(leaf: SealedLeaf): boolean {
  if (leaf.type !== 'notice') return false
  return optionValues(leaf.options).some(
    ({ key, value }) =>
      tellingKeys.has(key.toLowerCase()) &&
      typeof value === 'string' &&
      !/\s/.test(value) &&
      wordsOfKey(value).some((word) => successWords.has(word)),
  )
}

function earlyIssue(leaf: SealedLeaf): LintIssue {
  return {
    message: `"${leaf.id}" tells people of success before anything has looked at the result`,
    hint: `Move "${leaf.id}" behind the observe that proves it.`,
  }
}

function alwaysIssue(leaf: SealedLeaf): LintIssue {
  return {
    message: `"${leaf.id}" stands in always and tells people of success, also when the run failed or was put back`,
    hint: 'Move it to the end of the steps; keep always for reports that say how it ended.',
  }
}
