import { existsSync, mkdirSync, realpathSync, renameSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { readJson, writeJson } from './json-file.ts'
import { releaseName, type Layout } from './layout.ts'
import { commitOf, exportTag } from './repository.ts'

export interface Release {
  readonly name: string
  readonly tag: string
  readonly commit: string
}

/** Puts the files of a tag into a release folder, once; a folder that is there is complete, because it appears by a rename. */
export async function unpackRelease(layout: Layout, tag: string): Promise<Release> {
  const commit = await commitOf(layout.repository, tag)
  const name = releaseName(tag, commit)
  const folder = join(layout.releases, name)
  if (!existsSync(folder)) {
    const beside = `${folder}.unpacking`
    await exportTag(layout.repository, tag, beside)
    writeJson(join(beside, 'release.json'), { tag, commit })
    renameSync(beside, folder)
  }
  linkDependencies(layout.releases)
  return { name, tag, commit }
}

/** The server's one dependency is found in a folder beside the releases, where Node looks for it. */
function linkDependencies(releases: string): void {
  const link = join(releases, 'node_modules', 'pg')
  if (existsSync(link)) return
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(dirname(createRequire(import.meta.url).resolve('pg/package.json')), link)
}

/** Points `current` at a release in one step: a reader sees the old release or the new one, never none. */
export function pointCurrentAt(layout: Layout, release: string): void {
  const beside = `${layout.currentLink}.${process.pid}.tmp`
  symlinkSync(relative(layout.shop, join(layout.releases, release)), beside)
  renameSync(beside, layout.currentLink)
}

/** The release to which `current` leads. */
export function currentRelease(layout: Layout): Release | undefined {
  const folder = realpathSync(layout.currentLink)
  const release = readJson<Omit<Release, 'name'>>(join(folder, 'release.json'))
  return release === undefined ? undefined : { name: basename(folder), ...release }
}
