#!/usr/bin/env node
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderPreviewText } from '@backstep/core'
import { exitCodeOf, fileRunner } from '@backstep/runner'
import undoRelease from './plans/undo-release.ts'
import { makeStage, type Stage, testbedKubeconfig } from './story/cluster.ts'
import { answers, everybodyAgrees } from './story/people.ts'
import { brokenRelease, firstRelease, podsInWords } from './story/releases.ts'
import { tell } from './story/tell.ts'

const name = 'checkout'
const say = (text = ''): void => console.log(text)

say('A cluster: the one of the testbed, a real control plane on this machine. The first time it is built, which takes minutes.')
const stage = await makeStage(testbedKubeconfig())
const directory = mkdtempSync(join(tmpdir(), 'backstep-kubernetes-undo-'))
process.once('SIGINT', () => process.exit(130))
try {
  process.exitCode = await story(stage)
} finally {
  await stage.remove()
  rmSync(directory, { recursive: true, force: true })
  say(`\nThe namespace ${stage.namespace} is removed. The cluster stays up: pnpm testbed down stops it.`)
}

async function story({ context, kubeconfig, namespace }: Stage): Promise<number> {
  await firstRelease(stage, name, 'shop/checkout:v1')
  say(`\n1. Release v1 of ${name} in ${namespace}: ${await podsInWords(stage, name)}`)
  await brokenRelease(stage, name, 'shop/checkout:broken')
  say(`2. The next release goes out: ${await podsInWords(stage, name)}`)

  const plan = undoRelease.build({ context, kubeconfig, namespace, name, window: '5s' })
  const runner = fileRunner({ directory, deliver: async ({ kind, options }) => say(`   message ${kind}: ${JSON.stringify(options)}`) })
  const preview = await runner.preview(plan)
  const count = (level: string): number => preview.findings.filter((finding) => finding.level === level).length
  say(`3. The plan, linted (${count('blocker')} blockers, ${count('warning')} warnings) and previewed; nothing is changed by that:\n`)
  say(renderPreviewText(preview, { width: 120, colour: false }))

  say('4. Tech lead and product owner say yes to exactly this preview, and it runs:\n')
  const handle = await runner.start(plan, {
    approved: preview,
    approvals: everybodyAgrees(preview),
    ...answers(preview, { symptom: 'down-or-slow' }),
  })
  for await (const event of handle.events) {
    const line = event.type === 'record' ? tell(event.record) : undefined
    if (line !== undefined) say(`   ${line}`)
  }
  const view = await handle.result
  if (view.failure !== undefined) say(`   ${view.failure.message}\n   ${view.failure.hint}`)
  say(`\n5. Seen past the plan: ${await podsInWords(stage, name)}`)
  return exitCodeOf(view)
}
