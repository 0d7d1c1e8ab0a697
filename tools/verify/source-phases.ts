import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot, workspaceMembers } from '../workspace.ts'
import { mapAtMost, runCommand } from './command.ts'
import { failedPhase, passedPhase, type Phase, type PhaseResult, phaseOver } from './phase.ts'

/** Every TypeScript program of the repository: sources, tests, examples, guides, tools, and each package as it is built. */
export const typesPhase: Phase = {
  name: 'types',
  async run() {
    const folders = [...workspaceMembers().map((member) => member.folder), 'tools']
    const programs = folders
      .flatMap((folder) => [`${folder}/tsconfig.json`, `${folder}/tsconfig.build.json`])
      .filter((path) => existsSync(join(repositoryRoot, path)))
    const results = await mapAtMost(programs, 2, (program) => runCommand('tsc', ['-p', program, '--noEmit', '--pretty', 'false']))
    const problems = results.flatMap((result, index) => (result.ok ? [] : [`${programs[index]}:\n${result.output}`]))
    const unchecked = folders.filter((folder) => !programs.includes(`${folder}/tsconfig.json`))
    return phaseOver(programs.length, 'programs', [
      ...problems,
      ...unchecked.map((folder) => `${folder} has no tsconfig.json: its code is not checked`),
    ])
  },
}

export const lintPhase: Phase = {
  name: 'lint',
  async run() {
    const { ok, output } = await runCommand('oxlint', ['--deny-warnings', '--format', 'json'])
    const files = Number(/"number_of_files":\s*(\d+)/.exec(output)?.[1] ?? 0)
    if (ok && files > 0) return passedPhase(`${files} files`)
    const readable = await runCommand('oxlint', ['--deny-warnings'])
    return failedPhase(`${files} files`, files === 0 ? `no file was read\n${output}` : readable.output)
  },
}

export const formatPhase: Phase = {
  name: 'format',
  async run() {
    const { ok, output } = await runCommand('oxfmt', ['--check'])
    return countedResult(ok, output, /on (\d+) files/, 'files', '`pnpm format` rewrites them')
  },
}

/** Which layer may depend on which (turbo.json), and no import that a package.json does not declare. */
export const boundariesPhase: Phase = {
  name: 'boundaries',
  async run() {
    const { ok, output } = await runCommand('turbo', ['boundaries'])
    const members = workspaceMembers().length
    const checked = Number(/in (\d+) packages/.exec(output)?.[1] ?? 0)
    if (checked !== members) return failedPhase(`${checked} packages`, `${checked} of ${members} workspace members were checked\n${output}`)
    return countedResult(ok, output, /Checked (\d+) files/, 'files', 'turbo.json says which layer may depend on which')
  },
}

function countedResult(ok: boolean, output: string, count: RegExp, noun: string, hint: string): PhaseResult {
  const files = Number(count.exec(output)?.[1] ?? 0)
  if (ok && files > 0) return passedPhase(`${files} ${noun}`)
  return failedPhase(`${files} ${noun}`, files === 0 ? `no file was read\n${output}` : `${output.trimEnd()}\n${hint}`)
}
