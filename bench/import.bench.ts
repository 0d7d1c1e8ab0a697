import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reportFigure, reportInfo } from './figure.ts'
import { median } from './statistics.ts'

/**
 * What a program pays for `import '@backstep/core'` as it is published, over one that imports zod only. A fresh process each time; the two take
 * turns, and the middle of the differences of neighbours counts.
 */
const rounds = 31
const root = join(import.meta.dirname, '..')
// Within the package, so that `zod` is the one that core imports.
const folder = mkdtempSync(join(root, 'packages', 'core', 'node_modules', '.bench-'))

const built = join(root, 'packages', 'core', 'dist', 'index.js')
const programs = {
  node: '',
  zod: "import 'zod'\n",
  core: `import 'zod'\nimport ${JSON.stringify(built)}\n`,
}
type Program = keyof typeof programs

function build(): void {
  const { status, stderr, stdout } = spawnSync(join(root, 'node_modules', '.bin', 'tsup'), ['--config', '../../tsup.base.ts', '--silent'], {
    cwd: join(root, 'packages', 'core'),
  })
  if (status !== 0) throw new Error(`@backstep/core could not be built: ${stdout.toString()}${stderr.toString()}`)
}

function startOf(program: Program): number {
  const begun = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [join(folder, `${program}.mjs`)])
  if (status !== 0) throw new Error(`the program ${program} failed: ${stderr.toString()}`)
  return performance.now() - begun
}

try {
  build()
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, `${name}.mjs`), text)
  const measured: Record<Program, number>[] = []
  for (let round = 0; round < rounds; round++) measured.push({ node: startOf('node'), zod: startOf('zod'), core: startOf('core') })
  reportInfo({ name: 'node-alone-ms', value: median(measured.map(({ node }) => node)), unit: 'ms' })
  reportInfo({ name: 'import-zod-over-node-ms', value: median(measured.map(({ node, zod }) => zod - node)), unit: 'ms' })
  reportFigure({
    name: 'import-core-over-node-and-zod',
    value: median(measured.map(({ zod, core }) => core - zod)),
    unit: 'ms',
    target: { atMost: 30 },
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
