import { execFile } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { observe, plan, together } from '@backstep/core'
import { podsReady, undoRollout } from '@backstep/k8s'
import { fileRunner, type Runner } from '@backstep/runner'
import { reportFigure, reportInfo } from './figure.ts'
import { benchCluster, call, type BenchCluster } from './kubernetes/cluster.ts'
import { create, forEachAtMost, release, revisionOf, untilDone } from './kubernetes/deployments.ts'
import { goTime } from './kubernetes/go-time.ts'
import { median, timed } from './statistics.ts'
import { makeWorld } from './world.ts'

const good = { image: 'shop/checkout:v1' }
const bad = { image: 'shop/checkout:v2' }

async function undoOf({ context, kubeconfig, namespace }: BenchCluster, name: string, to: string) {
  return undoRollout({ context, kubeconfig, namespace, name, to })
}

const execute = promisify(execFile)
async function kubectl({ kubectl: path, kubeconfig, namespace }: BenchCluster, ...args: readonly string[]): Promise<void> {
  await execute(path, ['--kubeconfig', kubeconfig, '-n', namespace, 'rollout', ...args])
}

/** Twins of three pods take turns: one is undone by us, one by kubectl, both go on waiting until it is done. */
async function benchUndo(cluster: BenchCluster, runner: Runner): Promise<void> {
  const names = ['ours', 'kubectls'] as const
  const images = [good.image, bad.image] as const
  for (const name of names) await create(cluster, name, 3, good)
  for (const name of names) await untilDone(cluster, name)
  for (const name of names) await release(cluster, name, bad)
  const rounds: { readonly ours: number; readonly theirs: number }[] = []
  for (let round = 0; round < 7; round++) {
    for (const name of names) await untilDone(cluster, name)
    const image = images[round % 2] ?? good.image
    const to = await revisionOf(cluster, 'ours', image)
    const ours = await goTime(runner, plan({ name: 'one', steps: await undoOf(cluster, 'ours', to) }))
    const theirs = await timed(async () => {
      await kubectl(cluster, 'undo', 'deployment/kubectls')
      await kubectl(cluster, 'status', 'deployment/kubectls')
    })
    rounds.push({ ours, theirs })
  }
  reportInfo({ name: 'undo-3-pods-ms', value: median(rounds.map(({ ours }) => ours)), unit: 'ms' })
  reportInfo({ name: 'kubectl-undo-and-status-ms', value: median(rounds.map(({ theirs }) => theirs)), unit: 'ms' })
  const value = median(rounds.map(({ ours, theirs }) => ours / theirs))
  reportFigure({ name: 'undo-over-kubectl', value, unit: 'x', target: { atMost: 1.1 } })
}

/** Requests of this process to the API server, by what Node says of each one that leaves. */
async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const onRequest = (): void => void count++
  subscribe('http.client.request.start', onRequest)
  await work().finally(() => unsubscribe('http.client.request.start', onRequest))
  return count
}

async function benchPreview(cluster: BenchCluster, runner: Runner): Promise<void> {
  const beside = 2000
  await create(cluster, 'previewed', 1, good)
  await untilDone(cluster, 'previewed')
  await release(cluster, 'previewed', bad)
  await untilDone(cluster, 'previewed')
  const to = await revisionOf(cluster, 'previewed', good.image)
  const preview = async (): Promise<number> => {
    const one = plan({ name: 'one', steps: await undoOf(cluster, 'previewed', to) })
    return requestsOf(() => runner.preview(one))
  }
  const alone = await preview()
  await forEachAtMost(20, [...Array(beside).keys()], async (index) => {
    const labels = { app: `beside-${index}` }
    const containers = [{ name: 'app', image: 'shop/other:v1' }]
    const spec = { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } }
    const metadata = { name: `beside-${index}`, namespace: cluster.namespace, labels }
    await cluster.client.create({ manifest: { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec } }, call)
  })
  const crowded = await preview()
  reportFigure({ name: 'preview-requests', value: alone, unit: '', target: { atMost: 5 } })
  reportFigure({ name: 'preview-requests-more-beside-2000', value: crowded - alone, unit: '', target: { atMost: 0 } })
}

/** One replica each. Pods take from 10 to 20 s to get ready: the slowest one is known, and what is measured is waiting for many at once. */
async function benchMany(cluster: BenchCluster, runner: Runner): Promise<void> {
  const names = Array.from({ length: 50 }, (_, index) => `many-${index}`)
  const goodOf = (name: string) => ({ ...good, readyDelay: `${10 + (Number(name.slice(5)) / 49) * 10}s` })
  await forEachAtMost(10, names, (name) => create(cluster, name, 1, goodOf(name)))
  for (const name of names) await untilDone(cluster, name)
  const backToBad = async (): Promise<void> => {
    await forEachAtMost(10, names, (name) => release(cluster, name, bad))
    for (const name of names) await untilDone(cluster, name)
  }
  await backToBad()
  const steps = await Promise.all(names.map(async (name) => undoOf(cluster, name, await revisionOf(cluster, name, good.image))))
  const slowest = steps.at(-1)
  if (slowest === undefined) throw new Error('there is no Deployment')
  const alone = await goTime(runner, plan({ name: 'slowest', steps: slowest }))
  await backToBad()
  const many = await goTime(runner, plan({ name: 'many', steps: together(...steps) }))
  reportInfo({ name: 'slowest-of-50-alone-s', value: alone / 1000, unit: 's' })
  reportInfo({ name: 'undo-of-50-in-one-plan-s', value: many / 1000, unit: 's' })
  reportFigure({ name: 'undo-of-50-over-slowest', value: many / alone, unit: 'x', target: { atMost: 1.3 } })
}

async function benchMemory(cluster: BenchCluster, runner: Runner): Promise<void> {
  await create(cluster, 'crowd', 500, good)
  await untilDone(cluster, 'crowd')
  const { context, kubeconfig, namespace } = cluster
  const watched = plan({
    name: 'watch',
    steps: observe({ checks: [podsReady({ context, kubeconfig, namespace, name: 'crowd' })], for: '5s', every: '500ms', deadline: '2m' }),
  })
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let peak = before
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50)
  await goTime(runner, watched).finally(() => clearInterval(timer))
  reportInfo({ name: 'memory-while-500-pods-are-watched', value: peak / 1e6, unit: 'MB' })
  reportInfo({ name: 'memory-before-they-are-watched', value: before / 1e6, unit: 'MB' })
}

/** `pnpm bench kubernetes undo`, `preview`, `many` and `memory` measure one of them. */
const benches = { undo: benchUndo, preview: benchPreview, many: benchMany, memory: benchMemory }
const [only] = process.argv.slice(2)
const cluster = await benchCluster().catch((error: unknown) => {
  console.error(`kubernetes: ${error instanceof Error ? error.message : String(error)}`)
  return undefined
})
if (cluster === undefined) process.exitCode = 1
else {
  const runner = fileRunner({ directory: join(makeWorld('kubernetes'), 'state') })
  try {
    for (const [name, bench] of Object.entries(benches)) if (only === undefined || only === name) await bench(cluster, runner)
  } finally {
    await cluster.remove()
  }
}
