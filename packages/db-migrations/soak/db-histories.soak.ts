/**
 * Random histories of migrations: up, undo to a target by chance, compared with a database that was only migrated up to it, and back again.
 *
 *   pnpm soak db-histories [histories] [first seed]   default: 200 histories, from seed 1000
 */
import { spawnSync } from 'node:child_process'

const [histories = '200', firstSeed = '1000'] = process.argv.slice(2)
const file = 'packages/db-migrations/test/histories.testbed.test.ts'
const env = { ...process.env, BACKSTEP_HISTORIES: histories, BACKSTEP_FIRST_SEED: firstSeed }
const { status } = spawnSync('vitest', ['run', '--project', 'testbed', file], { env, stdio: 'inherit' })
process.exitCode = status ?? 1
