/**
 * Disturbs a rollback and an upgrade of a release, with both lines of Helm: lost answers, refused requests, and the API server away for 20 s while Helm is
 * at work.
 *
 *   pnpm soak helm-faults [seeds]   default: 10 random runs for each step and kind of fault; about an hour
 */
import { spawnSync } from 'node:child_process'

const [seeds = '10'] = process.argv.slice(2)
const file = 'packages/helm/test/faults.testbed.test.ts'
const { status } = spawnSync('vitest', ['run', '--project', 'testbed', file], {
  env: { ...process.env, BACKSTEP_FAULT_SEEDS: seeds },
  stdio: 'inherit',
})
process.exitCode = status ?? 1
