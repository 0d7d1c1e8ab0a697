import { isChangingStep } from '../leaf-facts.ts'
import { optionValues, wordsOfKey, type OptionValue } from '../option-values.ts'
import { defineRule, type LintRule } from '../rule.ts'

const targetKeys = new Set(['revision', 'version', 'ref', 'to', 'tag', 'commit', 'changeset', 'migration', 'release', 'backup', 'snapshot'])
const branchKeys = new Set(['ref', 'commit', 'revision'])
const relativeWords = new Set([
  'previous',
  'prev',
  'last',
  'latest',
  'newest',
  'penultimate',
  'current',
  'head',
  'last-known-good',
  'lastknowngood',
])
const branches = new Set(['main', 'master', 'develop', 'trunk'])
/** `-1`, `+2`, `HEAD~1`, `v1.2^`, `main@{yesterday}`, and ranges such as `^1.2` or `>=1.2`. */
const relativeForm = /^(?:[-+]\d{1,4}|[^\s~^]+[~^]\d*|.+@\{.*\}|(?:[~^]|[<>]=?)\s*v?\d.*)$/

export const relativeTarget: LintRule = defineRule({
  code: 'plan.relative-target',
  level: 'warning',
  page: 'docs/lint/plan.relative-target.md',
  reason: 'What "previous" means changes with every deploy: a second rollback to it goes forward again, to the release that was just left.',
  check({ graph, options }) {
    return graph.leaves.filter(isChangingStep).flatMap((leaf) =>
      optionValues(options(leaf))
        .filter(isRelative)
        .map(({ path, value }) => ({
          message: `"${leaf.id}" goes back to ${JSON.stringify(value)} (${path}), which means something else after the next change`,
          hint: 'Name the target itself, or let a query resolve it once, at preview.',
        })),
    )
  },
})

function isRelative({ key, value }: OptionValue): boolean {
  const words = wordsOfKey(key)
  if (!words.some((word) => targetKeys.has(word)) || typeof value === 'boolean') return false
  // Revision 0 is no revision: kubectl and Helm take it as "the one before".
  if (typeof value === 'number') return value < 0 || (value === 0 && words.includes('revision'))
  const text = value.trim().toLowerCase()
  return relativeWords.has(text) || relativeForm.test(text) || (branches.has(text) && words.some((word) => branchKeys.has(word)))
}
