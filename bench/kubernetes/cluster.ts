import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { kubernetesClient, type Call, type KubernetesClient } from '@backstep/kubernetes'

/** The cluster of the testbed, and a namespace in it. */
export interface BenchCluster {
  readonly context: string
  readonly kubeconfig: string
  readonly kubectl: string
  /** Both lines of Helm. */
  readonly helm: { readonly 3: string; readonly 4: string }
  readonly namespace: string
  readonly client: KubernetesClient
  readonly remove: () => Promise<void>
}

export const call: Call = { abortSignal: new AbortController().signal }
const testbed = join(import.meta.dirname, '../../testbed/src/cli.ts')

/** @throws Error when no cluster is up: a bench starts none, since that takes minutes the first time. */
export async function benchCluster(): Promise<BenchCluster> {
  const { stdout } = spawnSync(process.execPath, [testbed, 'status'], { encoding: 'utf8' })
  const kubeconfig = /^ +kubeconfig +(\S.*)$/m.exec(stdout)?.[1]
  const version = /^kubernetes (\S+): healthy/m.exec(stdout)?.[1]
  if (kubeconfig === undefined || version === undefined)
    throw new Error('the testbed has no cluster up: `pnpm testbed up kubernetes` starts it')
  const cache = join(dirname(kubeconfig), '../..')
  const helm = { 3: installed(cache, 'helm3', '3.'), 4: installed(cache, 'helm4', '4.') }
  const context = 'testbed'
  const client = kubernetesClient({ context, kubeconfig })
  const namespace = `bench-${process.pid}`
  const made = await client.create({ manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } }, call)
  const uid = made?.metadata.uid ?? ''
  const remove = async (): Promise<void> => void (await client.remove({ apiVersion: 'v1', kind: 'Namespace', name: namespace, uid }, call))
  return { context, kubeconfig, kubectl: installed(cache, 'kubectl', version), helm, namespace, client, remove }
}

/** The newest installed binary of this version. */
function installed(cache: string, name: string, version: string): string {
  const folder = readdirSync(join(cache, name)).findLast((found) => found.startsWith(version)) ?? ''
  return join(cache, name, folder, 'bin', name)
}
