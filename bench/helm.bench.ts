import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { plan } from '@backstep/core'
import { rollbackRelease } from '@backstep/helm'
import { fileRunner, type Runner } from '@backstep/runner'
import { reportFigure, reportInfo } from './figure.ts'
import { benchCluster, type BenchCluster } from './kubernetes/cluster.ts'
import { goTime } from './kubernetes/go-time.ts'
import { untilDone } from './kubernetes/deployments.ts'
import { median, timed } from './statistics.ts'
import { makeWorld } from './world.ts'

const images = ['shop/checkout:v1', 'shop/checkout:v2'] as const
const chart = join(import.meta.dirname, 'helm/chart')
const rounds = 7
const execute = promisify(execFile)

/** Twins of three pods take turns: one is rolled back by us, one by Helm, which waits as long. Each round goes back to the revision before. */
async function benchRollback(cluster: BenchCluster, runner: Runner, line: 3 | 4): Promise<void> {
  const { context, kubeconfig, namespace } = cluster
  const names = [`ours-${line}`, `helms-${line}`] as const
  const [ours, helms] = names
  const helm = async (...args: readonly string[]): Promise<void> => {
    await execute(cluster.helm[line], ['--kubeconfig', kubeconfig, '-n', namespace, ...args])
  }
  for (const name of names) {
    await helm('install', name, chart, '--set', `image=${images[0]}`)
    await helm('upgrade', name, chart, '--set', `image=${images[1]}`)
  }
  const times: { readonly ours: number; readonly theirs: number }[] = []
  for (let revision = 1; revision <= rounds; revision++) {
    for (const name of names) await untilDone(cluster, name)
    const step = rollbackRelease({ context, kubeconfig, namespace, release: ours, toRevision: revision, helm: cluster.helm[line] })
    const oursMs = await goTime(runner, plan({ name: 'one', steps: step }))
    const theirsMs = await timed(() => helm('rollback', helms, String(revision), '--wait'))
    times.push({ ours: oursMs, theirs: theirsMs })
  }
  reportInfo({ name: `rollback-3-pods-helm-${line}-ms`, value: median(times.map((time) => time.ours)), unit: 'ms' })
  reportInfo({ name: `helm-${line}-rollback-and-wait-ms`, value: median(times.map((time) => time.theirs)), unit: 'ms' })
  const value = median(times.map((time) => time.ours / time.theirs))
  reportFigure({ name: `rollback-over-helm-${line}`, value, unit: 'x', target: { atMost: 1.1 } })
}

const cluster = await benchCluster().catch((error: unknown) => {
  console.error(`helm: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
})
if (cluster === undefined) process.exitCode = 1
else {
  const runner = fileRunner({ directory: join(makeWorld('helm'), 'state') })
  try {
    for (const line of [3, 4] as const) await benchRollback(cluster, runner, line)
  } finally {
    await cluster.remove()
  }
}
