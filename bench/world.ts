import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** An empty folder on the disk of this repository, since the temporary folder of many machines is memory. Removed when the process ends. */
export function makeWorld(name: string): string {
  const parent = join(import.meta.dirname, '.world')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, `${name}-`))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
