import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** The content of a JSON file, or `undefined` when there is none. Files written by `writeJson` are never seen half. */
export function readJson<T>(path: string): T | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  return JSON.parse(text) as T
}

/** Writes beside and renames, so that a reader sees the old content or the new one. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true })
  const beside = `${path}.${process.pid}.tmp`
  writeFileSync(beside, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(beside, path)
}
