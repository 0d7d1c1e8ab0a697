import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Engine } from './engine.ts'
import type { Mutant } from './mutants.ts'

const packageFolder = fileURLToPath(new URL('../../../', import.meta.url))

/** A copy of the package with one bug in it, as long as it is used. Throws when the text to replace is not there exactly once. */
export async function withPlanted<T>(mutant: Mutant, use: (engine: Engine) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-mutant-'))
  try {
    cpSync(join(packageFolder, 'src'), join(folder, 'src'), { recursive: true })
    cpSync(join(packageFolder, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(packageFolder, 'node_modules'), join(folder, 'node_modules'))
    plant(join(folder, 'src', 'engine', mutant.file), mutant)
    const entry = pathToFileURL(join(folder, 'src', 'index.ts')).href
    return await use((await import(/* @vite-ignore */ entry)) as Engine)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function plant(path: string, { name, find, replace }: Mutant): void {
  const text = readFileSync(path, 'utf8')
  const count = text.split(find).length - 1
  if (count !== 1) throw new Error(`"${name}": the text to replace stands ${count} times in ${path}, not once`)
  writeFileSync(
    path,
    text.replace(find, () => replace),
  )
}
