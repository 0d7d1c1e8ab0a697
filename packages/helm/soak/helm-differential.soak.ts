/**
 * Goes back in random histories of a release, with our step and with Helm by hand, and compares what is left.
 *
 *   pnpm soak helm-differential [histories] [first seed]   default: 300 histories with each line of Helm, from seed 1000
 */
import { spawnSync } from 'node:child_process'

const [histories = '300', firstSeed = '1000'] = process.argv.slice(2)
const file = 'packages/helm/test/differential.testbed.test.ts'
const env = { ...process.env, BACKSTEP_HELM_HISTORIES: histories, BACKSTEP_HELM_FIRST_SEED: firstSeed }
const { status } = spawnSync('vitest', ['run', '--project', 'testbed', file], { env, stdio: 'inherit' })
process.exitCode = status ?? 1
