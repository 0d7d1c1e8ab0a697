import { mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { RollbackError, type JsonObject } from '@backstep/core'
import { sharedKubernetesClient, type ClusterOptions } from '@backstep/kubernetes'
import {
  findTool,
  inheritedEnvironment,
  runTool,
  settled,
  toolVersion,
  writePrivateFile,
  type ToolExit,
  type ToolVersion,
} from '@backstep/process'
import type { HelmCall, HelmClient, ReleaseObjects, ReleaseRequest, UpgradeRequest } from './client.ts'
import { reasonOf } from './errors.ts'
import { provedVersions } from './helm-versions.ts'
import { writeChart } from './recorded-chart.ts'
import { releaseObjects } from './release-objects.ts'
import type { StorageDriver } from './release-record.ts'

export interface HelmClientOptions extends ClusterOptions {
  readonly driver: StorageDriver
  /** The name or the absolute path of the binary. */
  readonly helm: string
  /** The API server for everything that is read. Default: the shared client of this cluster. */
  readonly objects?: ReleaseObjects
  /** How long a Helm that is at work may go on after an abort. Default 30,000: half a rollback is worse than a late one. */
  readonly finishWithinMs?: number
}

const finishWithinMs = 30_000
const killAfterMs = 10_000
/** A rendered release is read whole: Helm cannot store a larger one. */
const tailBytes = 64 * 1024 * 1024
/** What Helm gives one of its own waits: for hooks, and for objects that have to go first. */
const waitTimeout = '5m0s'
/** No revision may be removed on the way: the one that is gone back to could be the oldest. */
const keepAll: readonly string[] = ['--history-max', '0', '--timeout', waitTimeout]

/**
 * The API server and the `helm` binary. This is the only file that starts Helm.
 *
 * Settings of the machine that would change what Helm does (`HELM_DRIVER`, `HELM_NAMESPACE`, `HELM_KUBE*`, plugins) are not handed on; its
 * repositories, registries and caches are. Helm calls its field manager by the name of its own file, so it is always started as `helm`.
 */
export function helmClient(options: HelmClientOptions): HelmClient {
  return {
    ...(options.objects ?? releaseObjects(sharedKubernetesClient(options))),
    helmVersion: async ({ abortSignal }) => askVersion(await findTool({ tool: options.helm }), environmentFor(options), abortSignal),
    rollback({ revision, runsHooks, forcesConflicts, ...request }, call) {
      const flags = [...(runsHooks ? [] : ['--no-hooks']), ...(forcesConflicts ? ['--force-conflicts'] : [])]
      return runHelm(options, request, ['rollback', request.release, String(revision), ...keepAll, ...flags], call)
    },
    render: (request, call) => rendered(options, request, call),
    upgrade: (request, call) => runUpgrade(options, request, [], call),
    async settled(request, { abortSignal, workDirectory }) {
      await settled({ folder: await workDirectory(), name: markName(request), abortSignal })
    },
  }
}

/** Runs Helm to its end, as a process that is found again after a crash. */
async function runHelm(options: HelmClientOptions, request: ReleaseRequest, args: readonly string[], call: HelmCall): Promise<ToolExit> {
  const [command, folder] = await Promise.all([findTool({ tool: options.helm }), call.workDirectory()])
  return runTool({
    folder,
    name: markName(request),
    command: await asHelm(command, folder),
    args: [...args, '--namespace', request.namespace, ...clusterArgs(options)],
    environment: environmentFor(options),
    abortSignal: call.abortSignal,
    finishWithinMs: options.finishWithinMs ?? finishWithinMs,
    killAfterMs,
    tailBytes,
  })
}

/** Values and chart go as files into the folder of the run; the values leave it again with the process. */
async function runUpgrade(options: HelmClientOptions, request: UpgradeRequest, more: readonly string[], call: HelmCall): Promise<ToolExit> {
  const folder = await call.workDirectory()
  const name = markName(request)
  const values = join(folder, `${name}.values.json`)
  await writePrivateFile(values, JSON.stringify(request.values))
  try {
    const chart = typeof request.chart === 'string' ? request.chart : await writeChart(join(folder, `${name}.chart`), request.chart)
    const version = request.chartVersion === undefined ? [] : ['--version', request.chartVersion]
    const flags = [...(request.runsHooks ? [] : ['--no-hooks']), ...(request.forcesConflicts ? ['--force-conflicts'] : [])]
    return await runHelm(
      options,
      request,
      ['upgrade', request.release, chart, ...version, '--reset-values', '--values', values, ...keepAll, ...flags, ...more],
      call,
    )
  } finally {
    await rm(values, { force: true })
  }
}

async function rendered(options: HelmClientOptions, request: UpgradeRequest, call: HelmCall): Promise<JsonObject> {
  const exit = await runUpgrade(options, request, ['--dry-run=server', '--output', 'json'], call)
  if (exit.exitCode === 0 && !exit.isOutputCut) return JSON.parse(exit.output) as JsonObject
  throw new RollbackError('REJECTED', `The chart cannot be rendered with these values: ${reasonOf(exit)}`, {
    hint: 'Run `helm upgrade --dry-run=server` with the same chart and values, and read what it says.',
  })
}

/** In a pod, Helm finds the service account by itself. */
function clusterArgs({ context, kubeconfig }: ClusterOptions): readonly string[] {
  if (context === 'in-cluster') return []
  return [...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), '--kube-context', context]
}

function environmentFor({ driver }: HelmClientOptions): Readonly<Record<string, string>> {
  return { ...inheritedEnvironment(isForeignSetting), HELM_DRIVER: driver }
}

function markName({ namespace, release }: ReleaseRequest): string {
  return `helm.${namespace}.${release}`
}

const kept = /^HELM_(?:CACHE_HOME|CONFIG_HOME|DATA_HOME|REGISTRY_CONFIG|REPOSITORY_CACHE|REPOSITORY_CONFIG)$/

function isForeignSetting(name: string): boolean {
  return name.startsWith('HELM_') && !kept.test(name)
}

/** A link called `helm`: the field manager of every object is then the same one that wrote it before. */
async function asHelm(command: string, folder: string): Promise<string> {
  const link = join(folder, 'bin', 'helm')
  await mkdir(join(folder, 'bin'), { recursive: true, mode: 0o700 })
  await rm(link, { force: true })
  await symlink(command, link)
  return link
}

const versions = new Map<string, Promise<ToolVersion>>()

/** Asked once for each binary: its version does not change while it is there. */
async function askVersion(command: string, environment: Readonly<Record<string, string>>, abortSignal: AbortSignal): Promise<ToolVersion> {
  const known = versions.get(command)
  if (known !== undefined) return known
  const asked = toolVersion({ command, args: ['version', '--short'], environment, abortSignal, ranges: provedVersions })
  versions.set(command, asked)
  asked.catch(() => versions.delete(command))
  return asked
}
