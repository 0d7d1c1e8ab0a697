import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Member, publishedMembers, repositoryRoot } from '../workspace.ts'
import { runCommand } from './command.ts'
import { failedPhase, type Phase, phaseOver } from './phase.ts'

/** JavaScript and declarations of every published package, by the recipe in tsup.base.ts. */
export const buildPhase: Phase = {
  name: 'build',
  async run() {
    const members = publishedMembers()
    const { ok, output } = await runCommand('turbo', ['run', 'build', '--output-logs=errors-only'])
    if (!ok) return failedPhase('failed', /package manager binary/.test(output) ? `${output}\n${pnpmHint}` : output)
    return phaseOver(members.length, 'packages', members.flatMap(missingOutputs))
  },
}

export const pnpmHint = 'pnpm is not on the PATH: start this check with `npm test`, or with `pnpm verify`'

function missingOutputs(member: Member): readonly string[] {
  const targets = Object.values(member.manifest.publishConfig?.exports ?? {}).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  )
  return targets
    .filter((target) => !existsSync(join(repositoryRoot, member.folder, target)))
    .map((target) => `${member.folder}: the build did not write ${target}`)
}
