/**
 * Runs the suites against real systems with every contact disturbed, instead of the sample that `npm test` takes. Hours.
 *
 *   pnpm soak testbed-whole [files]   default: all; `packages/k8s/test/undo-rollout` runs one
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { wholeVariable } from '../src/sample.ts'

const root = join(import.meta.dirname, '..', '..')
const vitest = join(root, 'node_modules', '.bin', 'vitest')
const child = spawn(vitest, ['run', '--project', 'testbed', '--maxWorkers=3', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, [wholeVariable]: '1' },
})
child.on('error', (error) => {
  console.error(error.message)
  process.exitCode = 1
})
child.on('close', (code) => (process.exitCode = code ?? 1))
