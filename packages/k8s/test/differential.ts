import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { hashOf, type Json, type JsonObject } from '@backstep/core'
import type { KubernetesClient } from '@backstep/kubernetes'
import fc from 'fast-check'
import { hashWithoutRestart } from '../src/revisions.ts'
import { undoRollout } from '../src/undo-rollout.ts'
import { objectAt, readWorkload, templateOf, type WorkloadName, workloadRef } from '../src/workload.ts'
import { walk } from './walk.ts'
import { call, contextName, create, freshName, historyOf, patch, until, untilSeen } from './workloads.ts'

const run = promisify(execFile)

/** One thing that somebody does to a Deployment. */
type Deed =
  | { readonly deed: 'image'; readonly image: string }
  | { readonly deed: 'env'; readonly value: string }
  | { readonly deed: 'annotation'; readonly value: string }
  | { readonly deed: 'limit'; readonly cpu: string }
  | { readonly deed: 'restart'; readonly at: string }
  | { readonly deed: 'pause-and-resume'; readonly image: string }
  | { readonly deed: 'history-limit'; readonly count: number }

const few = (word: string): fc.Arbitrary<string> => fc.integer({ min: 1, max: 4 }).map((number) => `${word}${number}`)

export const history: fc.Arbitrary<{ readonly deeds: readonly Deed[]; readonly target: number }> = fc.record({
  deeds: fc.array(
    fc.oneof(
      fc.record({ deed: fc.constant('image' as const), image: few('shop/checkout:v') }),
      fc.record({ deed: fc.constant('env' as const), value: few('value-') }),
      fc.record({ deed: fc.constant('annotation' as const), value: few('note-') }),
      fc.record({ deed: fc.constant('limit' as const), cpu: few('').map((digit) => `${digit}00m`) }),
      fc.record({ deed: fc.constant('restart' as const), at: few('2026-11-2').map((day) => `${day}T04:30:00Z`) }),
      fc.record({ deed: fc.constant('pause-and-resume' as const), image: few('shop/checkout:p') }),
      fc.record({ deed: fc.constant('history-limit' as const), count: fc.integer({ min: 1, max: 5 }) }),
    ),
    { minLength: 1, maxLength: 7 },
  ),
  target: fc.nat({ max: 20 }),
})

const container = '/spec/template/spec/containers/0'

async function act(client: KubernetesClient, workload: WorkloadName, deed: Deed): Promise<void> {
  const ref = workloadRef(workload)
  if (deed.deed === 'image') await patch(client, ref, `${container}/image`, deed.image)
  if (deed.deed === 'env') await patch(client, ref, `${container}/env`, [{ name: 'MODE', value: deed.value }])
  if (deed.deed === 'annotation') await patch(client, ref, '/spec/template/metadata/annotations/note', deed.value)
  if (deed.deed === 'limit') await patch(client, ref, `${container}/resources`, { limits: { cpu: deed.cpu } })
  if (deed.deed === 'restart') await patch(client, ref, '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt', deed.at)
  if (deed.deed === 'history-limit') await patch(client, ref, '/spec/revisionHistoryLimit', deed.count)
  if (deed.deed === 'pause-and-resume') {
    await patch(client, ref, '/spec/paused', true)
    await patch(client, ref, `${container}/image`, deed.image)
    await patch(client, ref, '/spec/paused', false)
  }
  await untilSeen(client, workload)
  await until('the current template has its revision', async () => {
    const now = hashOf(templateOf(await readWorkload(client, workload, call)))
    return (await historyOf(client, workload)).some(({ template }) => hashOf(template) === now) || undefined
  })
}

export interface Twins {
  readonly client: KubernetesClient
  readonly namespace: string
  readonly kubectl: string
  readonly kubeconfig: string
}

/** Two Deployments with one history, gone back to the same revision by kubectl and by the step. What differs of their templates. */
export async function compare(
  { client, namespace, kubectl, kubeconfig }: Twins,
  { deeds, target }: { readonly deeds: readonly Deed[]; readonly target: number },
): Promise<readonly string[]> {
  const [theirs, ours] = await Promise.all(
    ['theirs', 'ours'].map(async (who) => {
      const workload: WorkloadName = { namespace, kind: 'Deployment', name: `${freshName()}-${who}` }
      await create(client, workload, { template: { image: 'shop/checkout:v0' }, replicas: 0 })
      for (const deed of deeds) await act(client, workload, deed)
      return workload
    }),
  )
  if (theirs === undefined || ours === undefined) return ['no twins']
  const [known, mirrored] = await Promise.all([settledHistory(client, theirs), settledHistory(client, ours)])
  const common = known.filter(({ number }) => mirrored.some((other) => other.number === number))
  const chosen = common[target % common.length]
  const mirror = mirrored.find(({ number }) => number === chosen?.number)
  if (chosen === undefined || mirror === undefined) return ['no common revision']
  await run(kubectl, [
    '--kubeconfig',
    kubeconfig,
    '-n',
    namespace,
    'rollout',
    'undo',
    `deployment/${theirs.name}`,
    `--to-revision=${chosen.number}`,
  ])
  await (await walk(undoRollout({ context: contextName, ...ours, to: mirror.name }, { client }))).execute()
  const [one, other] = await Promise.all(
    [theirs, ours].map(async (workload) => named(templateOf(await readWorkload(client, workload, call)), workload)),
  )
  const isSame = hashOf(one ?? null) === hashOf(other ?? null)
  return isSame ? [] : [`revision ${chosen.number} after ${JSON.stringify(deeds)}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`]
}

/** Clean-up of the history comes a moment after the rollout. */
async function settledHistory(client: KubernetesClient, workload: WorkloadName) {
  let last = ''
  return until('the history stands still', async () => {
    const now = await historyOf(client, workload)
    const text = now.map(({ number, template }) => number + hashWithoutRestart(template)).join()
    const isCalm = text === last
    last = text
    return isCalm ? now : undefined
  })
}

/** The twins differ by the label with their name. */
function named(template: JsonObject, { name }: WorkloadName): Json {
  const metadata = objectAt(template, ['metadata'])
  const labels = { ...objectAt(metadata, ['labels']) }
  const label = labels['app'] === name ? 'twin' : labels['app']
  return { ...template, metadata: { ...metadata, labels: { ...labels, app: label ?? '' } } } as Json
}
