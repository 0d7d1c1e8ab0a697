import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sources } from './sources.ts'

const root = join(import.meta.dirname, '../..')
const compiler = join(root, 'node_modules/typescript/bin/tsc')

/** What the compiler says about one program. */
export interface Cost {
  readonly totalMs: number
  readonly checkMs: number
  readonly instantiations: number
  readonly types: number
  readonly memoryMb: number
}

/** Writes the sources and the declarations of the core, as they are published, into a folder of their own. */
export function writeProgram(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-bench-types-'))
  run(['-p', join(root, 'packages/core/tsconfig.build.json'), '--outDir', join(folder, 'core')])
  const compilerOptions = {
    types: [],
    paths: { '@backstep/core': [join(folder, 'core/index.d.ts')], zod: [join(root, 'packages/core/node_modules/zod/index.d.ts')] },
  }
  for (const [name, source] of Object.entries(sources)) {
    writeFileSync(join(folder, `${name}.ts`), source)
    const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files: [`${name}.ts`] }
    writeFileSync(join(folder, `tsconfig.${name}.json`), JSON.stringify(config))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}

/** Compiles one of the programs. */
export function compile(folder: string, name: string): Cost {
  const text = run(['-p', join(folder, `tsconfig.${name}.json`), '--extendedDiagnostics'])
  const seconds = (label: string): number => 1000 * numberAfter(text, label)
  return {
    totalMs: seconds('Total time'),
    checkMs: seconds('Check time'),
    instantiations: numberAfter(text, 'Instantiations'),
    types: numberAfter(text, 'Types'),
    memoryMb: numberAfter(text, 'Memory used') / 1024,
  }
}

/** A program that does not compile would be cheap: it stops the bench. */
function run(args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [compiler, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`tsc ${args.join(' ')} failed:\n${stdout}${stderr}`)
  return stdout
}

function numberAfter(text: string, label: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${label}:`))
  const value = Number.parseFloat(line?.slice(label.length + 1).trim() ?? '')
  if (Number.isFinite(value)) return value
  throw new Error(`The compiler said nothing about "${label}":\n${text}`)
}
