import { eachFile, type Repository, type Rule, sourcesOf } from './rule.ts'

const mostLines = 300
const bucketNames = /\/(?:utils?|helpers?|common|misc|types|shared)\.ts$/
const wellNamed = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*)(?:\.[a-z0-9-]+)*$/
const readable = /\.(?:[cm]?[jt]s|json|md|ya?ml|sh|tmpl)$|^\.ci\//

/** What must not be left behind in any file, and why. The patterns are written so that they do not find themselves. */
const leftBehind: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TO[D]O|FIX[M]E|X[X]X|HAC[K])\b/, 'holds an unfinished-work mark: finish it, or say in the docs what is not done'],
  [/\b(?:it|test|describe|suite)\.only[(]/, 'runs one test only'],
  [/@ts-(?:ignor[e]|nochec[k])/, 'silences the compiler: use @ts-expect-error with a reason where a test wants the error'],
  [/(?<![\w.*~}-])\/(?:work|Users|root)\/[a-z]/, "holds a path of somebody's machine"],
  [/(?:ox|es)lint-disable(?!.* -- \S)/, 'silences the linter without a reason: write ` -- why` after the rule'],
]

export const textRules: readonly Rule[] = [
  {
    promise: `no source has more than ${mostLines} lines`,
    check: (repository) => eachFile(sourcesOf(repository), (path) => tooLong(repository, path)),
  },
  {
    promise: 'file names are lower case words joined by hyphens, and say what is inside',
    check: (repository) => eachFile(sourcesOf(repository), badName),
  },
  {
    promise: 'nothing unfinished, silenced or personal is left in any file',
    check: (repository) =>
      eachFile(
        repository.files.filter((path) => readable.test(path)),
        (path) => found(repository.read(path)),
      ),
  },
]

function tooLong({ read }: Repository, path: string): readonly string[] {
  const lines = read(path).trimEnd().split('\n').length
  return lines > mostLines ? [`has ${lines} lines: split it by what a reader looks for`] : []
}

function badName(path: string): readonly string[] {
  const name = path.split('/').at(-1) ?? ''
  if (bucketNames.test(path)) return ['is a bucket: name it after the one idea inside']
  return wellNamed.test(name.replace(/\.ts$/, '')) ? [] : ['must be lower case words joined by hyphens']
}

function found(text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) => leftBehind.filter(([pattern]) => pattern.test(line)).map(([, problem]) => `line ${index + 1} ${problem}`))
}
