import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { installedFolder, runningFolder } from '../cache.ts'
import { requireInRun } from '../for-tests.ts'
import { readInstance, systemProcesses } from '../instance.ts'
import { missingSystem } from '../missing-system.ts'
import { quietly } from '../progress.ts'
import { stopProcess, thisProcess } from '../processes.ts'
import { ensureRunning, stopRunning } from '../running.ts'
import { plainName } from '../start-context.ts'
import { TestbedError } from '../system.ts'
import { apiserverProblem, kubeApiserver, runApiserver } from '../systems/kube-apiserver.ts'
import { kubernetes } from '../systems/kubernetes.ts'
import { joinCluster, type KubernetesCluster } from './cluster.ts'
import { eventually } from './objects.ts'

/** A cluster that nobody else uses: its API server may be stopped, its nodes drained, its webhooks and policies may reach every namespace. */
export interface OwnCluster extends KubernetesCluster {
  /**
   * Ends the API server: at once, as when its machine dies, or with its own shutdown (`isGraceful`), in which it finishes open requests, for at
   * most ten seconds. Resolves when it is gone. What is stored stays.
   */
  stopApiserver(options?: { readonly isGraceful?: boolean }): Promise<void>
  /** Starts it again on the same port, with the same certificate, tokens and store. Resolves when it is ready. Does nothing while it runs. */
  startApiserver(): Promise<void>
  /** Stops it, waits that long, and starts it again. */
  withoutApiserver(durationMs: number, options?: { readonly isGraceful?: boolean }): Promise<void>
}

/**
 * Starts a cluster for this test file alone, and stops it when the file is done, however that ends. It takes about 5 s and 600 MB, so share
 * `system('kubernetes')` wherever that will do. Call it as `system` is called: at the top of the file, with the result used in hooks and tests only.
 *
 * @throws TestbedError with `CI` set, when it cannot be had. Otherwise the tests of the file are skipped with the reason.
 */
export async function ownCluster(): Promise<OwnCluster> {
  try {
    requireInRun(kubernetes.name)
    const folder = join(runningFolder(), `${kubernetes.name}-own-${process.pid}-${randomBytes(3).toString('hex')}`)
    await ensureRunning(kubernetes, { folder, user: thisProcess(), progress: quietly })
    const { cluster, release } = await joinCluster(folder)
    afterAll(async () => {
      await release()
      await stopRunning(folder, quietly)
    }, 60_000)
    return { ...cluster, ...apiserverSwitch(folder) }
  } catch (error) {
    return missingSystem<OwnCluster>(kubernetes.name, error)
  }
}

type ApiserverSwitch = Pick<OwnCluster, 'stopApiserver' | 'startApiserver' | 'withoutApiserver'>

function apiserverSwitch(folder: string): ApiserverSwitch {
  const stopApiserver: ApiserverSwitch['stopApiserver'] = async ({ isGraceful = false } = {}) => {
    const record = systemProcesses(folder).find(({ name }) => plainName(name) === kubeApiserver.name)
    if (record !== undefined) await stopProcess(record, isGraceful ? 10_000 : 0)
  }
  const startApiserver = async (): Promise<void> => {
    const settings = readInstance(folder)?.state.settings
    if (settings === undefined) throw new TestbedError(`${folder} was removed`, { hint: 'Use the cluster only while its tests run.' })
    if ((await apiserverProblem(settings)) === undefined) return
    await runApiserver(folder, join(installedFolder(kubeApiserver), 'bin', kubeApiserver.name), settings)
    await eventually('the API server is ready again', async () => (await apiserverProblem(settings)) === undefined, 60_000)
  }
  return {
    stopApiserver,
    startApiserver,
    async withoutApiserver(durationMs, options) {
      await stopApiserver(options)
      await sleep(durationMs)
      await startApiserver()
    },
  }
}
