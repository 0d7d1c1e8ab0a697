import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RollbackError } from '@backstep/core'
import { quickstartFolder } from './layout.ts'

const run = promisify(execFile)

/** Fixed, so that the same sources make the same commits on every machine. */
const author = (day: number): NodeJS.ProcessEnv => ({
  GIT_AUTHOR_NAME: 'Shop Team',
  GIT_AUTHOR_EMAIL: 'team@shop.example',
  GIT_AUTHOR_DATE: `2026-11-${day}T09:00:00Z`,
  GIT_COMMITTER_NAME: 'Shop Team',
  GIT_COMMITTER_EMAIL: 'team@shop.example',
  GIT_COMMITTER_DATE: `2026-11-${day}T09:00:00Z`,
})

/** Git without anybody's configuration. */
export async function git(repository: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const isolated = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  try {
    const { stdout } = await run('git', ['-C', repository, ...args], { env: { PATH: process.env['PATH'], ...isolated, ...env } })
    return stdout.trim()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new RollbackError('NOT_SUPPORTED', 'git was not found', { hint: 'Install git, then run the same command again.', cause })
  }
}

/** A repository with two releases of the shop: v1.4.2 and v1.5.0. */
export async function makeRepository(repository: string): Promise<void> {
  mkdirSync(repository, { recursive: true })
  await git(repository, ['init', '--quiet'])
  await git(repository, ['symbolic-ref', 'HEAD', 'refs/heads/main'])
  await addRelease(repository, 'v1.4.2', 'Take orders', 16)
  await addRelease(repository, 'v1.5.0', 'Discount codes, and customers by account number', 23)
}

async function addRelease(repository: string, tag: string, message: string, day: number): Promise<void> {
  cpSync(join(quickstartFolder, 'shop', tag), repository, { recursive: true })
  await git(repository, ['add', '--all'])
  await git(repository, ['commit', '--quiet', '--no-gpg-sign', '-m', message], author(day))
  await git(repository, ['tag', '-a', tag, '-m', `Release ${tag}`], author(day))
}

export async function commitOf(repository: string, tag: string): Promise<string> {
  return git(repository, ['rev-parse', '--verify', `${tag}^{commit}`])
}

/** Writes the files of a tag into a folder, without touching the repository's own work tree. */
export async function exportTag(repository: string, tag: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const index = { GIT_INDEX_FILE: `${folder}.index` }
  await git(repository, ['read-tree', tag], index)
  await git(repository, ['checkout-index', '--all', `--prefix=${folder}/`], index)
  rmSync(index.GIT_INDEX_FILE)
}
