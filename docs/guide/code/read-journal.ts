import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sequence } from '@backstep/core'
import { partOfSource } from '../../sync/source.ts'
import * as of from './stopped-run.ts'

of.setRoom(false)
const build = of.planOf('run', () => sequence(of.flags(), of.prices()))
const { runId } = await of.runUntilStopped(build)
of.setRoom(true)
await of.runner.answer(runId, { id: 'files.restore-json@prices.json', answer: 'retry', actor: of.ana, reason: 'there is room again' })
await of.runner.resume(build(), { runId })

const commands = readFileSync(join(import.meta.dirname, 'read-journal.sh'), 'utf8')
for (const name of ['happened', 'failures', 'people', 'changed', 'last']) {
  console.log(`--- ${name}`)
  const output = execFileSync('sh', ['-c', partOfSource(commands, name)], { cwd: join(of.directory, 'runs', runId), encoding: 'utf8' })
  console.log(output)
}
