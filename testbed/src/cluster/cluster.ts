import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FaultProxy } from '@backstep/testing'
import { installedFolder } from '../cache.ts'
import { readInstance } from '../instance.ts'
import type { Settings, System } from '../system.ts'
import { TestbedError } from '../system.ts'
import { adminName } from '../systems/cluster-users.ts'
import { helm3 } from '../systems/helm3.ts'
import { helm4 } from '../systems/helm4.ts'
import { kubectl } from '../systems/kubectl.ts'
import { apiServerOf, createNode, isNodeReady, nodeNames } from '../systems/kubernetes.ts'
import { type ApiAnswer, type ApiRequest, type ApiServer, request } from './api-client.ts'
import { type AuditEntry, type AuditMark, markOf, readAudit } from './audit.ts'
import { type ClusterFaultProxy, clusterFaultProxy } from './cluster-fault-proxy.ts'
import { type ClusterUser, createUser, type UserOptions } from './cluster-user.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { createObject, eventually } from './objects.ts'

export interface TestNamespace {
  readonly name: string
  readonly uid: string
}

/**
 * A running Kubernetes cluster: the real API server, controllers and scheduler with role based access; nodes without machines. What a test makes
 * through this object is removed when the tests of its file are done.
 */
export interface KubernetesCluster {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** The file with the certificate that the API server shows; it is its own authority. */
  readonly caFile: string
  /** The path of a kubeconfig with one context, for the administrator. */
  readonly kubeconfig: string
  /** May do everything (`system:masters`). */
  readonly adminToken: string
  /** How the audit log names whoever comes with the admin token. */
  readonly adminName: string
  /** The nodes that everybody shares. Do not cordon, drain or taint them: make one with `node()`. */
  readonly nodeNames: readonly string[]
  /** Absolute paths of the binaries, of pinned versions. */
  readonly paths: { readonly kubectl: string; readonly helm3: string; readonly helm4: string }
  /**
   * One request as the administrator, or with another token, that goes past the code under test: to prepare the world and to judge it. An answer
   * that says no is an answer: look at `status`.
   *
   * @throws Error when the connection fails.
   */
  api(method: string, path: string, options?: ApiRequest & { readonly token?: string }): Promise<ApiAnswer>
  /** A fresh namespace, in which pods can be made at once. Its deletion at the end is asked for and not waited for. */
  namespace(): Promise<TestNamespace>
  /**
   * A fresh node that is ready and takes only pods that want it: `nodeSelector: { 'testbed/only': name }` and a toleration
   * `{ key: 'testbed/only', operator: 'Exists' }`.
   */
  node(): Promise<string>
  /** A service account with exactly the given rules, its token (TokenRequest) and its kubeconfig. Resolves when the rules are in force. */
  asUser(options: UserOptions): Promise<ClusterUser>
  /** Writes a kubeconfig and gives back its path. `url` puts a fault proxy in between. */
  kubeconfigFor(options: { readonly token: string; readonly namespace?: string; readonly url?: string }): string
  /** The end of the audit log: hand it to `auditOf` later. */
  auditMark(): AuditMark
  /**
   * What was asked of the API server about objects in the namespace since the mark, in order, as the server wrote it down. A request is in there
   * when its answer has arrived; a watch when it has ended. The cluster's own components are left out; tests are told apart by `user`.
   */
  auditOf(namespace: string, since?: AuditMark): readonly AuditEntry[]
  /** A proxy in front of the API server that can lose, refuse, delay and cut requests. Every test has its own. */
  faultProxy(): Promise<ClusterFaultProxy>
}

/** A cluster and what has to be done when its tests are over. */
export interface JoinedCluster {
  readonly cluster: KubernetesCluster
  readonly server: ApiServer
  /** Removes what the tests made. Does not wait for namespaces to be gone. */
  readonly release: () => Promise<void>
}

/** @throws TestbedError when no cluster runs from that folder. */
export async function joinCluster(folder: string): Promise<JoinedCluster> {
  const settings = readInstance(folder)?.state.settings
  if (settings === undefined) throw new TestbedError(`no cluster runs from ${folder}`, { hint: 'Start one: `pnpm testbed up kubernetes`.' })
  const server = apiServerOf(settings)
  const scratch = mkdtempSync(join(tmpdir(), 'backstep-testbed-'))
  const made: string[] = []
  const proxies: FaultProxy[] = []
  const cluster = clusterOver({ settings, server, scratch, made, proxies })
  return {
    cluster,
    server,
    async release() {
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await Promise.all(made.map((path) => request(server, 'DELETE', path).catch(() => undefined)))
      rmSync(scratch, { recursive: true, force: true })
    },
  }
}

interface ClusterParts {
  readonly settings: Settings
  readonly server: ApiServer
  /** A folder of this test file alone. */
  readonly scratch: string
  /** Paths of objects to delete at the end. */
  readonly made: string[]
  readonly proxies: FaultProxy[]
}

function clusterOver(parts: ClusterParts): KubernetesCluster {
  const { settings, server, scratch, made } = parts
  const auditLog = String(settings['auditLog'])
  const kubeconfigFor: KubernetesCluster['kubeconfigFor'] = ({ token, namespace, url = server.url }) => {
    const path = join(scratch, `${randomBytes(6).toString('hex')}.kubeconfig`)
    writeKubeconfig(path, { url, caFile: server.caFile, token, ...(namespace === undefined ? {} : { namespace }) })
    return path
  }
  return {
    url: server.url,
    caFile: server.caFile,
    kubeconfig: String(settings['kubeconfig']),
    adminToken: server.token,
    adminName,
    nodeNames,
    paths: { kubectl: binaryOf(kubectl), helm3: binaryOf(helm3), helm4: binaryOf(helm4) },
    api: (method, path, { token = server.token, ...options } = {}) => request({ ...server, token }, method, path, options),
    namespace: () => createNamespace(server, made),
    node: () => createOwnNode(server, made),
    async asUser(options) {
      const { clusterObjects, ...user } = await createUser(server, options)
      made.push(...clusterObjects)
      return { ...user, kubeconfig: kubeconfigFor({ token: user.token, namespace: options.namespace }) }
    },
    kubeconfigFor,
    auditMark: () => markOf(auditLog),
    auditOf: (namespace, since = 0) => readAudit(auditLog, namespace, since),
    faultProxy: () => openProxy(parts, (url) => kubeconfigFor({ token: server.token, url })),
  }
}

function binaryOf(system: System): string {
  return join(installedFolder(system), 'bin', system.name)
}

async function openProxy({ settings, server, proxies }: ClusterParts, kubeconfigOf: (url: string) => string): Promise<ClusterFaultProxy> {
  const keyFile = join(dirname(server.caFile), 'apiserver.key')
  const proxy = await clusterFaultProxy({ port: Number(settings['port']), certificateFile: server.caFile, keyFile })
  proxies.push(proxy)
  const url = `https://127.0.0.1:${proxy.port}`
  return { ...proxy, url, kubeconfig: kubeconfigOf(url) }
}

async function createNamespace(server: ApiServer, made: string[]): Promise<TestNamespace> {
  const name = `test-${randomBytes(5).toString('hex')}`
  const path = `/api/v1/namespaces/${name}`
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { 'testbed/test': 'true' } } }
  made.push(path)
  const created = (await createObject(server, '/api/v1/namespaces', body)) as { metadata: { uid: string } }
  await eventually(
    `${name} has its default service account`,
    async () => (await request(server, 'GET', `${path}/serviceaccounts/default`)).status === 200,
  )
  return { name, uid: created.metadata.uid }
}

async function createOwnNode(server: ApiServer, made: string[]): Promise<string> {
  const name = `node-${randomBytes(5).toString('hex')}`
  made.push(`/api/v1/nodes/${name}`)
  await createNode(server, name, { 'testbed/only': name }, { taints: [{ key: 'testbed/only', value: name, effect: 'NoSchedule' }] })
  await eventually(`${name} is ready`, () => isNodeReady(server, name))
  return name
}
