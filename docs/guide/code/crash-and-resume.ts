import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { approve, fileRunner } from '@backstep/runner'
import template from './first-plan.ts'
import { openShop } from './scene.ts'
import { showRun } from './show.ts'

const ana = { id: 'ana', roles: ['on-call'] }
const [shopOfParent, runsOfParent] = process.argv.slice(2)
if (shopOfParent !== undefined && runsOfParent !== undefined) await runAndDie(shopOfParent, runsOfParent)
else await killAndResume()

/** In a process of its own: dies by SIGKILL right after the flags were written, before that stands in the journal. */
async function runAndDie(shop: string, directory: string): Promise<void> {
  const runner = fileRunner({ directory, actor: ana })
  const plan = template.build({ shop, watch: '1s' })
  const preview = await runner.preview(plan)
  await runner.run(plan, {
    approved: preview,
    approvals: [approve(preview, { actor: ana, at: Date.now() })],
    observer: (id) => ({
      before: () => undefined,
      after: ({ name }) => {
        if (id.endsWith('flags.json') && name === 'rename') process.kill(process.pid, 'SIGKILL')
      },
    }),
  })
}

async function killAndResume(): Promise<void> {
  const { shop, runs: directory } = openShop()
  const child = fork(import.meta.filename, [shop, directory])
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  console.log(`the process died by ${signal}`)
  console.log(`flags.json now: ${JSON.stringify(JSON.parse(readFileSync(`${shop}/flags.json`, 'utf8')))}`)

  // #region resume
  const runner = fileRunner({ directory, actor: ana })
  const [runId = ''] = await runner.listRuns()
  const { records } = await runner.readRun(runId)
  console.log(`the journal ends with ${records.at(-1)?.type}`)

  const view = await runner.resume(template.build({ shop, watch: '1s' }), {
    runId,
    onEvent: (event) => {
      if (event.type === 'record' && event.record.type.startsWith('step.') && 'id' in event.record)
        console.log(`  ${event.record.type.padEnd(14)} ${event.record.id}`)
    },
  })
  showRun(view)
  // #endregion
}
