import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesUnder, type Member, workspaceMembers } from '../workspace.ts'

/** The repository as the rules see it. */
export interface Repository {
  readonly root: string
  readonly members: readonly Member[]
  readonly published: readonly Member[]
  /** Every file that is not installed or generated, relative to the root. */
  readonly files: readonly string[]
  readonly read: (path: string) => string
}

/** One promise about the repository's files. */
export interface Rule {
  /** Reads as a promise: "the core imports nothing of Node". */
  readonly promise: string
  check(repository: Repository): RuleResult
}

export interface RuleResult {
  /** How many things were looked at. A rule that looked at nothing has not been kept. */
  readonly looked: number
  /** Each names the file and says what to do. */
  readonly problems: readonly string[]
}

export function openRepository(root: string): Repository {
  const members = workspaceMembers(root)
  return {
    root,
    members,
    published: members.filter((member) => member.manifest.private !== true),
    files: filesUnder('.', root),
    read: (path) => readFileSync(join(root, path), 'utf8'),
  }
}

/** Runs `find` on every file and collects what it says, each line headed by the path. */
export function eachFile(paths: readonly string[], find: (path: string) => readonly string[]): RuleResult {
  return { looked: paths.length, problems: paths.flatMap((path) => find(path).map((problem) => `${path}: ${problem}`)) }
}

/** The same for members of the workspace. */
export function eachMember(members: readonly Member[], find: (member: Member) => readonly string[]): RuleResult {
  return { looked: members.length, problems: members.flatMap((member) => find(member).map((problem) => `${member.folder}: ${problem}`)) }
}

/** The TypeScript sources of one member, or of all published ones. */
export function sourcesOf(repository: Repository, members: readonly Member[] = repository.published): readonly string[] {
  return repository.files.filter((path) => path.endsWith('.ts') && members.some((member) => path.startsWith(`${member.folder}/src/`)))
}
