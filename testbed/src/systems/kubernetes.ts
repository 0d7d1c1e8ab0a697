import { request, type ApiServer } from '../cluster/api-client.ts'
import type { Settings, System } from '../system.ts'
import { etcd } from './etcd.ts'
import { helm3 } from './helm3.ts'
import { helm4 } from './helm4.ts'
import { kubeApiserver } from './kube-apiserver.ts'
import { kubeControllerManager } from './kube-controller-manager.ts'
import { kubeScheduler } from './kube-scheduler.ts'
import { kubernetesVersion } from './kube-version.ts'
import { kubectl } from './kubectl.ts'
import { kwok } from './kwok.ts'

/** The nodes that every cluster has. A test that cordons or drains makes one of its own. */
export const nodeNames: readonly string[] = ['node-0', 'node-1', 'node-2']

/** A whole cluster, and the tools that work on it. */
export const kubernetes: System = {
  name: 'kubernetes',
  version: kubernetesVersion,
  summary: 'a Kubernetes cluster: the real control plane, simulated nodes, and kubectl, Helm 3 and Helm 4',
  needs: [],
  cost: { installSeconds: 0, diskMegabytes: 0, startSeconds: 1, memoryMegabytes: 0 },
  parts: [kubectl, etcd, kubeApiserver, kubeControllerManager, kubeScheduler, kwok, helm3, helm4],
  startInputs: nodeNames,
  async start(context) {
    const server = apiServerOf(context.settings)
    for (const [index, name] of nodeNames.entries()) await createNode(server, name, { 'topology.kubernetes.io/zone': `zone-${index}` })
    await context.until('the nodes are ready', async () =>
      (await Promise.all(nodeNames.map((name) => isNodeReady(server, name)))).every(Boolean),
    )
    await context.until(
      'the controllers work',
      async () => (await request(server, 'GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
    )
  },
}

/** How to talk to a running cluster as its administrator. */
export function apiServerOf({ url, caFile, adminToken }: Settings): ApiServer {
  return { url: String(url), caFile: String(caFile), token: String(adminToken) }
}

export async function createNode(
  server: ApiServer,
  name: string,
  labels: Readonly<Record<string, string>>,
  spec: object = {},
): Promise<void> {
  const metadata = { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels } }
  const { status, body } = await request(server, 'POST', '/api/v1/nodes', { body: { apiVersion: 'v1', kind: 'Node', metadata, spec } })
  if (status !== 201) throw new Error(`node ${name} could not be made: ${status} ${JSON.stringify(body)}`)
}

export async function isNodeReady(server: ApiServer, name: string): Promise<boolean> {
  const { body } = await request(server, 'GET', `/api/v1/nodes/${name}`)
  const { conditions = [] } = (body as { status?: { conditions?: { type: string; status: string }[] } }).status ?? {}
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
