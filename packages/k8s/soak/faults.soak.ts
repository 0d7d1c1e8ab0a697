/**
 * Disturbs a rollback of a workload, of images and of traffic: the answer to each write lost, requests refused, answers lost, and the API server away for
 * 20 s from one contact after the other on.
 *
 *   pnpm soak faults [seeds]   default: 20 random runs for each step and kind of fault; about an hour
 */
import { spawnSync } from 'node:child_process'

const [seeds = '20'] = process.argv.slice(2)
const file = 'packages/k8s/test/faults.testbed.test.ts'
const { status } = spawnSync('vitest', ['run', '--project', 'testbed', file], {
  env: { ...process.env, BACKSTEP_FAULT_SEEDS: seeds },
  stdio: 'inherit',
})
process.exitCode = status ?? 1
