import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedMembers, readJson, repositoryRoot } from './workspace.ts'

/**
 * Publishes every package whose version the registry does not have yet, with provenance, and tags the versions. Runs in
 * the release workflow only.
 *
 * A registry refuses provenance unless a manifest names the repository that built it. That is known here and nowhere
 * earlier, so it is written into the manifests of this checkout just before they are packed, and never committed.
 */
function main(): void {
  const repository = process.env['GITHUB_REPOSITORY']
  if (repository === undefined)
    throw new Error('GITHUB_REPOSITORY is not set: packages are published by .github/workflows/release.yml, not from a desk')
  for (const { folder } of publishedMembers()) {
    const path = join(repositoryRoot, folder, 'package.json')
    const manifest = {
      ...(readJson(path) as object),
      repository: { type: 'git', url: `git+https://github.com/${repository}.git`, directory: folder },
    }
    writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`)
  }
  run('pnpm', ['--recursive', '--filter', '@backstep/*', 'publish', '--provenance', '--access', 'public', '--no-git-checks'])
  run('changeset', ['git-tag'])
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: repositoryRoot, stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

main()
