import { isChangingStep } from '../leaf-facts.ts'
import { optionValues, wordsOfKey, type OptionValue } from '../option-values.ts'
import { defineRule, type LintRule } from '../rule.ts'

const movingTag = /^[^\s@]+:(?:latest|prod|production|stage|staging|dev|development|test|main|master|edge|nightly|canary)$/i
const imageWithTag = /^[\w.-]+(?::\d+)?(?:\/[\w.-]+)*(?::[\w.-]+)?$/
const digest = /(?:^|@)sha(?:256|512):[0-9a-f]{8,}$/i

export const mutableTag: LintRule = defineRule({
  code: 'plan.mutable-tag',
  level: 'warning',
  page: 'docs/lint/plan.mutable-tag.md',
  reason: 'A tag can be moved. The image that was previewed and approved need not be the image that is started.',
  check({ graph, options }) {
    return graph.leaves.filter(isChangingStep).flatMap((leaf) =>
      optionValues(options(leaf))
        .filter(isMutableImage)
        .map(({ path, value }) => ({
          message: `"${leaf.id}" goes back to "${String(value)}" (${path}), a name that can point to another image tomorrow`,
          hint: 'Name the image by its digest, registry/name@sha256:…, or take it from a query that resolves it.',
        })),
    )
  },
})

function isMutableImage({ path, value }: OptionValue): boolean {
  if (typeof value !== 'string' || value === '' || value.includes('://') || digest.test(value)) return false
  const [inner = '', outer = ''] = path
    .replaceAll(/\[\d+\]/g, '')
    .split('.')
    .toReversed()
    .map((key) => wordsOfKey(key).at(-1))
  const namesImage = inner === 'image' || inner === 'images' || outer === 'images'
  if (movingTag.test(value)) return namesImage || value.includes('/')
  return namesImage ? imageWithTag.test(value) : inner === 'digest'
}
