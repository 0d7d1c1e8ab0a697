import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { hashOf, type JsonObject, plan } from '@backstep/core'
import type { KubernetesClient, KubernetesObject } from '@backstep/kubernetes'
import type { Runner } from '@backstep/runner'
import { currentRevision } from '../src/rollout-look.ts'
import { type Revision, revisionsOf } from '../src/revisions.ts'
import { undoRollout } from '../src/undo-rollout.ts'
import { objectAt, readWorkload, type WorkloadName, workloadRef } from '../src/workload.ts'
import type { Deed, History } from './histories.ts'
import { anonymous, type Both, differences, type State } from './twin-differences.ts'
import { call, contextName, patch, until, untilSeen } from './workloads.ts'

/** Where twins live, and both ways to undo. */
export interface TwinYard {
  readonly admin: KubernetesClient
  readonly runner: Runner
  readonly kubeconfig: string
  readonly kubectl: string
  readonly namespace: string
}

/** What the two ways did alike, and where they differ on purpose. */
export interface Comparison {
  readonly undos: number
  /** How often each difference that is meant was seen, by its name in the README. */
  readonly onPurpose: Readonly<Record<string, number>>
  /** Everything else: faults. */
  readonly faults: readonly string[]
}

interface Twins {
  readonly ours: WorkloadName
  readonly theirs: WorkloadName
}

/** Lives the history twice beside each other, undoes one with `undoRollout` and the other with `kubectl`, and compares what stands there. */
export async function compareTwins(yard: TwinYard, history: History, name: string): Promise<Comparison> {
  const twin = (which: string): WorkloadName => ({ namespace: yard.namespace, kind: history.kind, name: `${name}-${which}` })
  const twins: Twins = { ours: twin('ours'), theirs: twin('theirs') }
  const onPurpose: Record<string, number> = {}
  const faults: string[] = []
  const seen = (difference: string): void => void (onPurpose[difference] = (onPurpose[difference] ?? 0) + 1)
  await forBoth(twins, (workload) => make(yard, workload, history))
  for (const { deeds, pick } of history.rounds) {
    await forBoth(twins, async (workload) => {
      for (const deed of deeds) await perform(yard, workload, deed)
    })
    faults.push(...(await undoBoth(yard, twins, pick, seen)))
    if (faults.length > 0) break
  }
  return { undos: history.rounds.length, onPurpose, faults }
}

function forBoth<T>({ ours, theirs }: Twins, work: (workload: WorkloadName) => Promise<T>): Promise<readonly [T, T]> {
  return Promise.all([work(ours), work(theirs)])
}

/** Without pods, since only templates are compared: no replicas, and no node that a DaemonSet would take. */
async function make({ admin }: TwinYard, workload: WorkloadName, { first, historyLimit }: History): Promise<void> {
  const { kind, name, namespace } = workload
  const template = templateFor(workload, first)
  const spec = {
    selector: { matchLabels: { app: name } },
    revisionHistoryLimit: historyLimit,
    ...(kind === 'DaemonSet' ? {} : { replicas: 0 }),
    ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
    template,
  }
  await admin.create({ manifest: { apiVersion: 'apps/v1', kind, metadata: { name, namespace }, spec } }, call)
  await untilSeen(admin, workload)
}

function templateFor({ kind, name }: WorkloadName, template: JsonObject): JsonObject {
  const [metadata, spec] = [objectAt(template, ['metadata']), objectAt(template, ['spec'])]
  const nowhere = { nodeSelector: { ...objectAt(spec, ['nodeSelector']), 'shop.example/nowhere': '' } }
  return {
    metadata: { ...metadata, labels: { ...objectAt(metadata, ['labels']), app: name } },
    spec: { ...spec, ...(kind === 'DaemonSet' ? nowhere : {}) },
  }
}

async function perform({ admin }: TwinYard, workload: WorkloadName, deed: Deed): Promise<void> {
  const ref = workloadRef(workload)
  if (deed.act === 'release') await patch(admin, ref, '/spec/template', templateFor(workload, deed.template))
  else if (deed.act === 'annotate') await annotate(admin, workload, deed.annotation, deed.value)
  else await patch(admin, ref, '/spec/paused', deed.act === 'pause')
  await untilRecorded(admin, workload)
}

async function annotate(admin: KubernetesClient, workload: WorkloadName, annotation: string, value: string): Promise<void> {
  const { annotations = {} } = (await readWorkload(admin, workload, call)).metadata
  await patch(admin, workloadRef(workload), '/metadata/annotations', { ...annotations, [annotation]: value })
}

/** The controller has made or found the revision of the template, and given it its number. */
async function untilRecorded(admin: KubernetesClient, workload: WorkloadName): Promise<void> {
  await untilSeen(admin, workload)
  await until(`${workload.name} is recorded`, async () => {
    const live = await readWorkload(admin, workload, call)
    if (isPaused(live)) return true
    const history = await revisionsOf(admin, workload, live, call)
    const current = currentRevision(live, history, workload)
    return current !== undefined && current.number === history[0]?.number ? true : undefined
  })
}

function isPaused(live: KubernetesObject): boolean {
  return objectAt(live, ['spec'])['paused'] === true
}

async function undoBoth(yard: TwinYard, twins: Twins, pick: number, seen: (difference: string) => void): Promise<readonly string[]> {
  const before = await readBoth(yard, twins)
  const target = targetOf(before, pick)
  if (target === undefined) return ['the twins have no revision in common']
  const wasPaused = isPaused(before.ours.live)
  if (wasPaused) {
    const refusals = await refusedBoth(yard, twins, target)
    if (refusals.length > 0) return refusals
    seen('paused')
    await kubectl(yard, twins.theirs, 'resume')
  }
  const [outcome] = await Promise.all([
    undoOurs(yard, twins.ours, target.ours.name, wasPaused ? 'resume' : 'refuse'),
    kubectl(yard, twins.theirs, 'undo', `--to-revision=${target.theirs.number}`),
  ])
  await forBoth(twins, (workload) => untilRecorded(yard.admin, workload))
  return [...(outcome === 'succeeded' ? [] : [`our run ended as ${outcome}`]), ...differences(before, await readBoth(yard, twins), seen)]
}

/** The same revision in the history of each twin. */
interface Target {
  readonly ours: Revision
  readonly theirs: Revision
}

async function readBoth({ admin }: TwinYard, { ours, theirs }: Twins): Promise<Both> {
  const [mine, kubectls] = await forBoth({ ours, theirs }, async (workload): Promise<State> => {
    const live = await readWorkload(admin, workload, call)
    return { live, history: await revisionsOf(admin, workload, live, call) }
  })
  return { ours: mine, theirs: kubectls }
}

/** A revision that both have, by its template: their numbers part where `kubectl` has to resume a Deployment before it can undo it. */
function targetOf({ ours, theirs }: Both, pick: number): Target | undefined {
  const pairs = ours.history.flatMap((one) => {
    const other = theirs.history.find(({ template }) => hashOf(anonymous(template)) === hashOf(anonymous(one.template)))
    return other === undefined ? [] : [{ ours: one, theirs: other }]
  })
  return pairs[Math.floor(pick * pairs.length)]
}

/** A paused Deployment: neither way may touch it unasked. */
async function refusedBoth(yard: TwinYard, twins: Twins, target: Target): Promise<readonly string[]> {
  const ours = await undoOurs(yard, twins.ours, target.ours.name, 'refuse').catch((error: unknown) => (error as { code: string }).code)
  const theirs = await kubectl(yard, twins.theirs, 'undo', `--to-revision=${target.theirs.number}`).catch((error: unknown) => String(error))
  return [
    ...(ours === 'PRECONDITION_FAILED' ? [] : [`our undo of a paused Deployment: ${ours}`]),
    ...(theirs.includes('paused') ? [] : [`kubectl's undo of a paused Deployment: ${theirs}`]),
  ]
}

async function undoOurs(
  { runner, kubeconfig }: TwinYard,
  workload: WorkloadName,
  to: string,
  whenPaused: 'refuse' | 'resume',
): Promise<string> {
  const one = plan({ name: workload.name, steps: undoRollout({ context: contextName, kubeconfig, ...workload, to, whenPaused }) })
  const { outcome, failure } = await runner.run(one, { approved: await runner.preview(one) })
  return failure === undefined ? String(outcome) : `${outcome}: ${failure.message}`
}

const execute = promisify(execFile)

async function kubectl(
  { kubectl: path, kubeconfig }: TwinYard,
  { namespace, kind, name }: WorkloadName,
  verb: string,
  ...more: string[]
): Promise<string> {
  return (await execute(path, ['--kubeconfig', kubeconfig, '-n', namespace, 'rollout', verb, `${kind}/${name}`, ...more])).stdout
}
