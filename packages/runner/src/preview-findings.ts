import { blockersOf, coreRules, lint, type Finding, type LintRule, type Preview } from '@backstep/core'

/** What lint says, and parts that refused although the plan can do without them. */
export function findingsOf(preview: Omit<Preview, 'findings'>, rules: readonly LintRule[] = []): readonly Finding[] {
  const shown: Preview = { ...preview, findings: [] }
  return [...lint(preview.plan, { preview: shown, rules: [...coreRules, ...rules] }), ...refusedButNotNeeded(shown)]
}

function refusedButNotNeeded(preview: Preview): readonly Finding[] {
  const blocking = new Set(blockersOf(preview).map(({ id }) => id))
  return preview.steps
    .filter(({ id, state }) => state === 'refused' && !blocking.has(id))
    .map(({ id, refusal }) => ({
      level: 'warning',
      code: 'plan.part-refused',
      message: `"${id}" refused (${refusal?.code}: ${refusal?.message}); the plan can run without it`,
      hint: 'It is prepared again when the run comes to it. If it refuses then too, its alternative or optional part fails, and the run goes on.',
    }))
}
