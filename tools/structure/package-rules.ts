import type { Member } from '../workspace.ts'
import { eachMember, type Repository, type Rule } from './rule.ts'

/** The layers of turbo.json; every published package is in exactly one. */
const layers = ['core', 'ground', 'runner', 'testing', 'adapter']

const requiredFiles = ['README.md', 'package.json', 'src/index.ts', 'tsconfig.json', 'tsconfig.build.json', 'turbo.json']
const requiredInAdapters = ['src/client.ts', 'src/errors.ts', 'test/contract.test.ts', 'test/errors.test.ts']
const buildScript = 'tsup --config ../../tsup.base.ts --silent && tsc -p tsconfig.build.json'

export const packageRules: readonly Rule[] = [
  {
    promise: 'every published package has the files a stranger looks for, and a test',
    check: (repository) => eachMember(repository.published, (member) => missingFiles(repository, member)),
  },
  {
    promise: 'every adapter is alike inside',
    check: (repository) => eachMember(repository.published, (member) => adapterProblems(repository, member)),
  },
  {
    promise: 'every published package states the same facts about itself',
    check: (repository) => eachMember(repository.published, manifestProblems),
  },
  {
    promise: 'what is published is what is developed: each export has its built twin',
    check: (repository) => eachMember(repository.published, (member) => exportProblems(repository, member)),
  },
  {
    promise: 'versions are written once, in the catalog of pnpm-workspace.yaml',
    check: (repository) => eachMember(repository.members, versionProblems),
  },
  {
    promise: 'one copy of the core in a program: packages take each other as peers',
    check: (repository) => eachMember(repository.published, peerProblems),
  },
  {
    promise: 'the lockfile names no address to download from',
    check: ({ read }) => ({
      looked: 1,
      problems: /https?:\/\/|tarball:/.test(read('pnpm-lock.yaml')) ? ['pnpm-lock.yaml: holds the address of a registry'] : [],
    }),
  },
]

function missingFiles({ files }: Repository, { folder }: Member): readonly string[] {
  const missing = requiredFiles.filter((name) => !files.includes(`${folder}/${name}`)).map((name) => `${name} is missing`)
  const hasTest = files.some((path) => path.startsWith(`${folder}/test/`) && path.endsWith('.test.ts'))
  return hasTest ? missing : [...missing, 'there is no test/*.test.ts']
}

function adapterProblems({ files }: Repository, { folder, tags }: Member): readonly string[] {
  if (!tags.includes('adapter')) return []
  const missing = requiredInAdapters.filter((name) => !files.includes(`${folder}/${name}`)).map((name) => `${name} is missing`)
  const vendorClients = files.filter((path) => path.startsWith(`${folder}/src/`) && path.endsWith('-client.ts'))
  return vendorClients.length > 0 ? missing : [...missing, 'src/<vendor>-client.ts is missing: the one file that touches the vendor']
}

function manifestProblems({ folder, manifest, tags }: Member): readonly string[] {
  const facts: readonly (readonly [boolean, string])[] = [
    [manifest.name === `@backstep/${folder.split('/').at(-1)}`, 'name must be @backstep/ and the name of the folder'],
    [(manifest.description ?? '').length >= 20, 'description must say what the package is'],
    [manifest.license === 'Apache-2.0', 'license must be Apache-2.0'],
    [manifest.type === 'module', 'type must be module'],
    [manifest.sideEffects === false, 'sideEffects must be false'],
    [manifest.engines?.['node'] === '>=22', 'engines.node must be >=22'],
    [['dist', 'src'].every((folder) => manifest.files?.includes(folder)), 'files must include dist and src'],
    [manifest.publishConfig?.access === 'public', 'publishConfig.access must be public'],
    [manifest.publishConfig?.provenance === true, 'publishConfig.provenance must be true'],
    [manifest.scripts?.['build'] === buildScript, `scripts.build must be \`${buildScript}\``],
    [tags.length === 1 && layers.includes(tags[0] ?? ''), `turbo.json must have one tag of ${layers.join(', ')}`],
  ]
  return facts.filter(([isTrue]) => !isTrue).map(([, problem]) => problem)
}

function exportProblems({ files }: Repository, { folder, manifest }: Member): readonly string[] {
  const entries = Object.entries(manifest.exports ?? {})
  const published = manifest.publishConfig?.exports ?? {}
  if (manifest.exports?.['.'] === undefined) return ['exports must have "."']
  const extra = Object.keys(published).filter((entry) => manifest.exports?.[entry] === undefined)
  return [
    ...extra.map((entry) => `publishConfig.exports has ${entry}, which exports has not`),
    ...entries.flatMap(([entry, source]) => {
      if (!files.includes(`${folder}/${source.replace(/^\.\//, '')}`)) return [`exports ${entry} names ${source}, which does not exist`]
      if (!source.endsWith('.ts')) return published[entry] === source ? [] : [`publishConfig.exports ${entry} must be ${source}`]
      const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
      const expected = JSON.stringify({ types: `${built}.d.ts`, default: `${built}.js` })
      return JSON.stringify(published[entry]) === expected ? [] : [`publishConfig.exports ${entry} must be ${expected}`]
    }),
  ]
}

function versionProblems({ manifest }: Member): readonly string[] {
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies })
  return all.flatMap(([name, range]) => {
    if (name.startsWith('@backstep/')) return range === 'workspace:^' ? [] : [`${name} must be workspace:^`]
    return range.startsWith('catalog:') ? [] : [`${name} must be catalog: or catalog:published`]
  })
}

function peerProblems({ manifest }: Member): readonly string[] {
  const direct = Object.keys(manifest.dependencies ?? {}).filter((name) => name === '@backstep/core' || name === '@backstep/runner')
  const peers = Object.keys(manifest.peerDependencies ?? {}).filter((name) => name.startsWith('@backstep/'))
  const undeveloped = peers.filter((name) => manifest.devDependencies?.[name] === undefined)
  return [
    ...direct.map((name) => `${name} must be a peer dependency`),
    ...undeveloped.map((name) => `${name} must be a dev dependency too, next to the peer`),
  ]
}
