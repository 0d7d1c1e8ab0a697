import { dirname, join } from 'node:path'
import type { Member } from '../workspace.ts'
import { importsIn, isNodeModule, isRelative, packageOf } from './imports.ts'
import { eachFile, eachMember, type Repository, type Rule, type RuleResult, sourcesOf } from './rule.ts'

const coreFolder = 'packages/core'
/** Interfaces that a whole package speaks, with nothing behind them: no port is needed. */
const vocabularies = ['zod', '@opentelemetry/api']
const coreMayImport = ['zod', '@noble/hashes']

export const importRules: readonly Rule[] = [
  {
    promise: 'the core imports nothing of Node, no other package of this repository, and only its two libraries',
    check: (repository) => eachFile(coreSources(repository), (path) => foreignToCore(repository.read(path))),
  },
  {
    promise: 'a source imports only what its package.json declares, and Node modules by their node: name',
    check: (repository) => eachSource(repository, undeclared),
  },
  {
    promise: 'a relative import stays inside its package and carries its extension',
    check: (repository) => eachSource(repository, badRelative),
  },
  {
    promise: 'a vendor SDK is imported in one file of its package',
    check: (repository) => eachMember(repository.published, (member) => spreadVendors(repository, member)),
  },
  {
    promise: 'index.ts is the public surface: explicit exports and nothing else',
    check: (repository) =>
      eachFile(
        repository.published.map((member) => `${member.folder}/src/index.ts`),
        (path) => notExports(repository.read(path)),
      ),
  },
  {
    promise: 'nothing is exported by star',
    check: (repository) =>
      eachFile(sourcesOf(repository), (path) =>
        /^[ \t]*export \*/m.test(repository.read(path)) ? ['`export *` hides what is public: name each export'] : [],
      ),
  },
]

/** Every source of the core that its index reaches, and every other one in its folder. */
function coreSources({ files }: Repository): readonly string[] {
  return files.filter((path) => path.startsWith(`${coreFolder}/src/`) && /\.[cm]?[jt]s$/.test(path))
}

function foreignToCore(source: string): readonly string[] {
  return importsIn(source).flatMap((specifier) => {
    if (isNodeModule(specifier))
      return [`imports ${specifier}: the core runs wherever JavaScript runs; what needs Node belongs in @backstep/runner`]
    return isRelative(specifier) || coreMayImport.includes(packageOf(specifier))
      ? []
      : [`imports ${specifier}: the core depends on ${coreMayImport.join(' and ')} only`]
  })
}

function eachSource(repository: Repository, find: (member: Member, path: string, specifier: string) => string | undefined): RuleResult {
  const results = repository.published.map((member) =>
    eachFile(sourcesOf(repository, [member]), (path) =>
      importsIn(repository.read(path)).flatMap((specifier) => find(member, path, specifier) ?? []),
    ),
  )
  return { looked: results.reduce((sum, result) => sum + result.looked, 0), problems: results.flatMap((result) => result.problems) }
}

function undeclared({ manifest }: Member, _path: string, specifier: string): string | undefined {
  if (isRelative(specifier) || specifier.startsWith('node:')) return undefined
  if (isNodeModule(specifier)) return `imports ${specifier}: write node:${specifier}`
  const name = packageOf(specifier)
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies }
  return declared[name] === undefined ? `imports ${name}, which is neither a dependency nor a peer of ${manifest.name}` : undefined
}

function badRelative({ folder }: Member, path: string, specifier: string): string | undefined {
  if (!isRelative(specifier)) return undefined
  if (!join(dirname(path), specifier).replaceAll('\\', '/').startsWith(`${folder}/src/`))
    return `imports ${specifier}, which lies outside the package's src`
  return /\.(ts|json)$/.test(specifier) ? undefined : `imports ${specifier}: write the file's own extension, .ts`
}

function spreadVendors(repository: Repository, member: Member): readonly string[] {
  const users = new Map<string, string[]>()
  for (const path of sourcesOf(repository, [member])) {
    const packages = new Set(
      importsIn(repository.read(path))
        .filter((specifier) => !isRelative(specifier) && !isNodeModule(specifier))
        .map(packageOf),
    )
    for (const name of packages) users.set(name, [...(users.get(name) ?? []), path])
  }
  const vendors = [...users].filter(([name, paths]) => !vocabularies.includes(name) && !name.startsWith('@backstep/') && paths.length > 1)
  return vendors.map(([name, paths]) => `${name} is imported by ${paths.join(' and ')}: keep it in one file, behind a port`)
}

const exportStatement = /^export (?:type )?\{[^}]*\} from '[^']+'$/gm

function notExports(source: string): readonly string[] {
  const left = source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^[ \t]*\/\/.*$/gm, '')
    .replace(exportStatement, '')
    .trim()
  return left === '' ? [] : [`holds more than exports: ${left.split('\n')[0]}`]
}
