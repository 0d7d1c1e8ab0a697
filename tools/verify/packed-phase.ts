import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Manifest, type Member, publishedMembers, readJson, repositoryRoot } from '../workspace.ts'
import { pnpmHint } from './build-phase.ts'
import { mapAtMost, runCommand } from './command.ts'
import { type Phase, phaseOver } from './phase.ts'

const packedFolder = join(repositoryRoot, 'tmp', 'packed')

/**
 * The packages as a user gets them: packed by pnpm (which applies `publishConfig`), then looked at by publint and by
 * "are the types wrong", and imported by plain Node from outside this repository's sources.
 */
export const packedPhase: Phase = {
  name: 'packed',
  async run() {
    rmSync(packedFolder, { recursive: true, force: true })
    mkdirSync(packedFolder, { recursive: true })
    const members = publishedMembers()
    const problems = await mapAtMost(members, 2, checkPacked)
    const unpacked = problems.flat().length === 0 ? await importAll(members) : []
    return phaseOver(members.length, 'tarballs', [...problems.flat(), ...unpacked])
  },
}

function unpackedFolder(member: Member): string {
  return join(packedFolder, 'node_modules', member.manifest.name)
}

async function checkPacked(member: Member): Promise<readonly string[]> {
  const destination = join(packedFolder, basename(member.folder))
  mkdirSync(destination, { recursive: true })
  const pack = await runCommand('pnpm', ['pack', '--pack-destination', destination], { cwd: join(repositoryRoot, member.folder) })
  const tarball = readdirSync(destination).find((name) => name.endsWith('.tgz'))
  if (!pack.ok || tarball === undefined) return [`${member.folder}: pnpm pack failed\n${pack.exitCode === 127 ? pnpmHint : pack.output}`]
  const path = join(destination, tarball)
  const unpack = unpackedFolder(member)
  mkdirSync(unpack, { recursive: true })
  const commands = [
    ['tar', '-xzf', path, '-C', unpack, '--strip-components=1'],
    ['publint', path, '--strict'],
    ['attw', path, '--profile', 'esm-only', '--no-emoji', '--no-color'],
  ] as const
  const results = await mapAtMost(commands, 1, ([command, ...args]) => runCommand(command, args))
  const failed = results.flatMap((result, index) => (result.ok ? [] : [`${member.folder}: ${commands[index]?.[0]}\n${result.output}`]))
  return [...failed, ...contentProblems(member, unpack)]
}

/** What a packed package may not be: incomplete, pointing back into this repository, or carrying its tests. */
function contentProblems(member: Member, unpack: string): readonly string[] {
  const manifest = readJson(join(unpack, 'package.json')) as Manifest
  const files = new Set(filesOf(unpack))
  const targets = Object.values(manifest.exports ?? {}).flatMap((target: unknown) =>
    typeof target === 'string' ? [target] : Object.values(target as object),
  )
  const missing = (targets as string[]).filter((target) => !files.has(target.replace(/^\.\//, '')))
  const ranges = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
  const required = ['README.md', 'LICENSE'].filter((name) => !files.has(name))
  return [
    ...missing.map((target) => `${member.folder}: the tarball lacks ${target}, which its exports name`),
    ...(targets as string[])
      .filter((target) => target.endsWith('.ts') && !target.endsWith('.d.ts'))
      .map((target) => `${member.folder}: published exports name the source ${target}`),
    ...ranges
      .filter(([, range]) => /^(workspace|catalog):/.test(range))
      .map(([name, range]) => `${member.folder}: ${name} is published as ${range}`),
    ...required.map((name) => `${member.folder}: the tarball lacks ${name}`),
    ...[...files].filter((path) => /\.test(-d)?\.ts$/.test(path)).map((path) => `${member.folder}: the tarball carries the test ${path}`),
  ]
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
}

/** Imports every published entry with plain Node; other packages come from what is installed here. */
async function importAll(members: readonly Member[]): Promise<readonly string[]> {
  for (const member of members) linkDependencies(member)
  const problems = await mapAtMost(members, 2, async (member) => {
    const entries = Object.keys(member.manifest.exports ?? {}).filter((entry) => !entry.endsWith('.json'))
    const lines = entries.map((entry) => `await import(${JSON.stringify(member.manifest.name + entry.slice(1))})`)
    const result = await runCommand(process.execPath, ['--input-type=module', '--eval', lines.join('\n')], { cwd: packedFolder })
    return result.ok ? [] : [`${member.folder}: the packed package cannot be imported\n${result.output}`]
  })
  return problems.flat()
}

function linkDependencies(member: Member): void {
  const published = new Set(publishedMembers().map((other) => other.manifest.name))
  const names = Object.keys({ ...member.manifest.dependencies, ...member.manifest.peerDependencies }).filter((name) => !published.has(name))
  for (const name of names) {
    const link = join(packedFolder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    rmSync(link, { force: true })
    symlinkSync(join(repositoryRoot, member.folder, 'node_modules', name), link)
  }
}
