import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../workspace.ts'
import { importRules } from './import-rules.ts'
import { packageRules } from './package-rules.ts'
import { openRepository } from './rule.ts'
import { textRules } from './text-rules.ts'

describe('this repository', () => {
  const repository = openRepository(repositoryRoot)

  for (const rule of [...packageRules, ...importRules, ...textRules]) {
    it(rule.promise, () => {
      const { looked, problems } = rule.check(repository)
      expect(problems).toEqual([])
      expect(looked).toBeGreaterThan(0)
    })
  }
})
