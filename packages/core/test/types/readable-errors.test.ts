import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mistakes } from './mistakes.ts'

const core = fileURLToPath(new URL('../../', import.meta.url))
const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'backstep-mistakes-'))

const head = `import * as backstep from '@backstep/core'
import * as z from 'zod'
declare const safe: backstep.RollbackStep<{ readonly revision: number }, 'reversible'>
declare const lossy: backstep.RollbackStep<{ readonly host: string; readonly names: string[]; readonly state: 'a' | 'b' }, 'data-loss'>
declare const cut: backstep.RollbackStep<{ readonly ok: boolean }, 'point-of-no-return'>
declare const check: backstep.Check
declare const port: { read(): Promise<string>; write(): Promise<void> }
declare const move: backstep.StepFactory<{ readonly host: string; readonly count?: number }, { readonly at: string }, 'reversible'>
declare const parts: Omit<backstep.StepDefinition<{ name: string }, { name: string }, { to: number }, { at: string }, never, 'reversible'>, 'compensate' | 'traits' | 'prepare'>
declare const prepare: () => Promise<backstep.Preparation<{ to: number }, never, never>>
declare const compensate: () => Promise<backstep.Restoration>
const traits = { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' } as const
`

let output = ''

beforeAll(() => {
  const names = Object.keys(mistakes)
  names.forEach((name, index) =>
    writeFileSync(join(folder, `mistake-${index}.ts`), `${head}export const made = ${mistakes[name]?.code ?? ''}\n`),
  )
  const compilerOptions = {
    paths: { '@backstep/core': [join(core, 'src/index.ts')], zod: [join(core, 'node_modules/zod/index.d.ts')] },
    noUnusedLocals: false,
    types: [],
    pretty: false,
  }
  const config = { extends: join(core, '../../tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const result = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
  output = result.stdout + result.stderr
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the compiler says about one file: its first lines carry the place, the others are indented. */
function saidAbout(index: number): readonly string[] {
  const lines = output.split('\n')
  const first = lines.findIndex((line) => line.includes(`mistake-${index}.ts(`))
  const rest = first === -1 ? [] : lines.slice(first + 1)
  const end = rest.findIndex((line) => !line.startsWith(' '))
  return first === -1 ? [] : [lines[first] as string, ...rest.slice(0, end === -1 ? undefined : end)]
}

describe('the compiler says in words what is wrong', () => {
  it.each(Object.entries(mistakes).map(([name, { says }], index) => ({ name, says, index })))('$name', ({ says, index }) => {
    const said = saidAbout(index)
    expect(said.join('\n')).toContain(says)
    expect(said.length).toBeLessThanOrEqual(12)
  })
})
