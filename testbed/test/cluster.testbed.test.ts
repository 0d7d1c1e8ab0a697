import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { system, type TestNamespace } from '../src/index.ts'

const cluster = await system('kubernetes')
const run = promisify(execFile)

const kubectl = async (kubeconfig: string, ...args: readonly string[]): Promise<string> =>
  (await run(cluster.paths.kubectl, ['--kubeconfig', kubeconfig, ...args])).stdout

interface PodOptions {
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly spec?: object
}

async function createPod(
  { name }: TestNamespace,
  pod: string,
  { image = 'example.test/app:v1', annotations = {}, spec = {} }: PodOptions = {},
) {
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, annotations },
    spec: { containers: [{ name: 'app', image }], ...spec },
  }
  expect((await cluster.api('POST', `/api/v1/namespaces/${name}/pods`, { body })).status).toBe(201)
}

interface PodStatus {
  readonly phase: string
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  readonly containerStatuses?: readonly {
    readonly restartCount: number
    readonly state: { readonly waiting?: { readonly reason: string } }
  }[]
}

async function statusOf({ name }: TestNamespace, pod: string): Promise<PodStatus> {
  return ((await cluster.api('GET', `/api/v1/namespaces/${name}/pods/${pod}`)).body as { status: PodStatus }).status
}

async function isReady(namespace: TestNamespace, pod: string): Promise<boolean> {
  const { conditions = [] } = await statusOf(namespace, pod)
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

const waiting = async (namespace: TestNamespace, pod: string): Promise<string | undefined> =>
  (await statusOf(namespace, pod)).containerStatuses?.[0]?.state.waiting?.reason

const soon = { timeout: 30_000, interval: 50 }

describe('the shared cluster', () => {
  it('has binaries of the versions that it names', async () => {
    expect(await kubectl(cluster.kubeconfig, 'version')).toMatch(/Client Version: v1\.36\.3\n(?:.*\n)*Server Version: v1\.36\.3/)
    expect((await run(cluster.paths.helm3, ['version', '--short'])).stdout).toMatch(/^v3\.21\.4/)
    expect((await run(cluster.paths.helm4, ['version', '--short'])).stdout).toMatch(/^v4\.3\.1/)
  })

  it('rolls a Deployment, a StatefulSet and a DaemonSet out', async () => {
    const { name } = await cluster.namespace()
    const labels = { app: 'shop' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'example.test/shop:v1' }] } }
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet']) {
      const spec = { selector: { matchLabels: labels }, template, ...(kind === 'StatefulSet' ? { serviceName: 'shop' } : {}) }
      const path = `/apis/apps/v1/namespaces/${name}/${kind.toLowerCase()}s`
      expect((await cluster.api('POST', path, { body: { apiVersion: 'apps/v1', kind, metadata: { name: 'shop' }, spec } })).status).toBe(
        201,
      )
      expect(await kubectl(cluster.kubeconfig, '-n', name, 'rollout', 'status', `${kind.toLowerCase()}/shop`, '--timeout=60s')).toMatch(
        /success|complete|deleted|roll out/,
      )
    }
  })

  it('enforces what administrators demand of objects: a ValidatingAdmissionPolicy is served', async () => {
    const { status } = await cluster.api('GET', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies')
    expect(status).toBe(200)
  })

  it('gives each test a namespace of its own', async () => {
    const [one, other] = await Promise.all([cluster.namespace(), cluster.namespace()])
    expect(one.name).not.toBe(other.name)
    const { body } = await cluster.api('GET', `/api/v1/namespaces/${one.name}`)
    expect(body).toMatchObject({ metadata: { uid: one.uid }, status: { phase: 'Active' } })
  })

  it('gives a test a node that takes only pods that want it', async () => {
    const namespace = await cluster.namespace()
    const node = await cluster.node()
    await createPod(namespace, 'wants', {
      spec: { nodeSelector: { 'testbed/only': node }, tolerations: [{ key: 'testbed/only', operator: 'Exists' }] },
    })
    await expect.poll(() => isReady(namespace, 'wants'), soon).toBe(true)
    const { body } = await cluster.api('GET', `/api/v1/namespaces/${namespace.name}/pods/wants`)
    expect(body).toMatchObject({ spec: { nodeName: node } })
  })
})

describe('a simulated pod', () => {
  it('crashes, cannot be pulled, or never gets ready, as its image says', async () => {
    const namespace = await cluster.namespace()
    await createPod(namespace, 'good')
    await createPod(namespace, 'crashes', { image: 'example.test/app:broken' })
    await createPod(namespace, 'crashes-by-digest', { image: `example.test/broken@sha256:${'a'.repeat(64)}` })
    await createPod(namespace, 'absent', { image: 'example.test/app:missing' })
    await createPod(namespace, 'unready', { image: 'example.test/app:never-ready' })
    await expect.poll(() => isReady(namespace, 'good'), soon).toBe(true)
    await expect.poll(() => waiting(namespace, 'crashes'), soon).toBe('CrashLoopBackOff')
    await expect.poll(() => waiting(namespace, 'crashes-by-digest'), soon).toBe('CrashLoopBackOff')
    await expect.poll(() => waiting(namespace, 'absent'), soon).toBe('ImagePullBackOff')
    await expect.poll(async () => (await statusOf(namespace, 'unready')).phase, soon).toBe('Running')
    expect(await isReady(namespace, 'unready')).toBe(false)
    expect((await statusOf(namespace, 'absent')).phase).toBe('Pending')
  })

  it('gets ready after the time that its annotation gives, and goes after another', async () => {
    const namespace = await cluster.namespace()
    const startMs = Date.now()
    await createPod(namespace, 'slow', { annotations: { 'testbed/ready-delay': '1500ms', 'testbed/termination-delay': '1500ms' } })
    await expect.poll(() => isReady(namespace, 'slow'), soon).toBe(true)
    expect(Date.now() - startMs).toBeGreaterThan(1400)
    const path = `/api/v1/namespaces/${namespace.name}/pods/slow`
    const deletedMs = Date.now()
    await cluster.api('DELETE', path)
    await expect.poll(async () => (await cluster.api('GET', path)).status, soon).toBe(404)
    expect(Date.now() - deletedMs).toBeGreaterThan(1400)
  })

  it('is healthy first and crashes again and again later', async () => {
    const namespace = await cluster.namespace()
    await createPod(namespace, 'late', { annotations: { 'testbed/crash-after': '500ms', 'testbed/restart-every': '200ms' } })
    await expect.poll(() => waiting(namespace, 'late'), soon).toBe('CrashLoopBackOff')
    const restarts = async () => (await statusOf(namespace, 'late')).containerStatuses?.[0]?.restartCount ?? 0
    await expect.poll(restarts, soon).toBeGreaterThan(2)
  })

  it('of a Job ends well, or badly with a broken image', async () => {
    const { name } = await cluster.namespace()
    const path = `/apis/batch/v1/namespaces/${name}/jobs`
    const job = (tag: string) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: tag },
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: `example.test/job:${tag}` }] } },
      },
    })
    for (const tag of ['v1', 'broken']) expect((await cluster.api('POST', path, { body: job(tag) })).status).toBe(201)
    const status = async (tag: string) => ((await cluster.api('GET', `${path}/${tag}`)).body as { status: Record<string, unknown> }).status
    await expect.poll(() => status('v1'), soon).toMatchObject({ succeeded: 1 })
    await expect.poll(() => status('broken'), soon).toMatchObject({ failed: 1 })
  })
})

describe('a user with a role', () => {
  const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list'] }]

  it('may do what the rules say, and nothing else', async () => {
    const { name } = await cluster.namespace()
    const user = await cluster.asUser({ namespace: name, rules })
    expect(await kubectl(user.kubeconfig, 'get', 'deployments', '-o', 'name')).toBe('')
    await expect(kubectl(user.kubeconfig, 'get', 'pods')).rejects.toThrow(/Forbidden/)
    const elsewhere = await cluster.api('GET', '/apis/apps/v1/namespaces/default/deployments', { token: user.token })
    expect(elsewhere.status).toBe(403)
  })

  it('may do something in the whole cluster when rules for the cluster say so', async () => {
    const { name } = await cluster.namespace()
    const user = await cluster.asUser({ namespace: name, clusterRules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }] })
    expect((await cluster.api('GET', '/api/v1/nodes/node-0', { token: user.token })).status).toBe(200)
    expect((await cluster.api('DELETE', '/api/v1/nodes/node-0', { token: user.token })).status).toBe(403)
  })

  it('is told apart in the audit log from what the test itself did', async () => {
    const { name } = await cluster.namespace()
    const user = await cluster.asUser({
      namespace: name,
      rules: [...rules, { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }],
    })
    const mark = cluster.auditMark()
    const path = `/api/v1/namespaces/${name}/configmaps`
    const configMap = (of: string) => ({ body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: of } } })
    await cluster.api('POST', path, { ...configMap('by-admin') })
    await cluster.api('POST', path, { ...configMap('by-user'), token: user.token })
    await cluster.api('POST', `${path}?dryRun=All`, { ...configMap('tried'), token: user.token })
    await cluster.api('DELETE', `${path}/by-admin`, { token: user.token })
    await cluster.api('GET', `/apis/apps/v1/namespaces/${name}/deployments`, { token: user.token })
    const entries = cluster.auditOf(name, mark)
    const told = entries
      .filter((entry) => entry.user === user.name)
      .map(({ verb, resource, status, isDryRun, isWrite }) => ({ verb, resource, status, isDryRun, isWrite }))
    expect(told).toEqual([
      { verb: 'create', resource: 'configmaps', status: 201, isDryRun: false, isWrite: true },
      { verb: 'create', resource: 'configmaps', status: 201, isDryRun: true, isWrite: false },
      { verb: 'delete', resource: 'configmaps', status: 403, isDryRun: false, isWrite: true },
      { verb: 'list', resource: 'deployments', status: 200, isDryRun: false, isWrite: false },
    ])
    expect(entries.filter((entry) => entry.user === cluster.adminName).map((entry) => entry.verb)).toEqual(['create'])
    expect(cluster.auditOf(name, cluster.auditMark())).toEqual([])
  })
})

describe('a fault proxy', () => {
  it('carries kubectl and Helm to the cluster', async () => {
    const proxy = await cluster.faultProxy()
    expect(await kubectl(proxy.kubeconfig, 'get', 'node', 'node-0', '-o', 'name')).toBe('node/node-0\n')
    expect((await run(cluster.paths.helm4, ['--kubeconfig', proxy.kubeconfig, 'list', '-n', 'default', '-q'])).stdout).toBe('')
    expect(proxy.traffic.requests).toBeGreaterThan(2)
  })

  it('loses the answer to a write that the server has done', async () => {
    const { name } = await cluster.namespace()
    const proxy = await cluster.faultProxy()
    const fault = proxy.inject({ act: 'drop', at: { bytes: (request) => request.includes(`POST /api/v1/namespaces/${name}/configmaps`) } })
    await expect(kubectl(proxy.kubeconfig, '-n', name, 'create', 'configmap', 'lost')).rejects.toThrow(/EOF|reset|closed/)
    expect(fault.count).toBe(1)
    await expect.poll(async () => (await cluster.api('GET', `/api/v1/namespaces/${name}/configmaps/lost`)).status, soon).toBe(200)
  })

  it('keeps a write from the server, for a user of its own', async () => {
    const { name } = await cluster.namespace()
    const rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'get'] }
    const { token } = await cluster.asUser({ namespace: name, rules: [rule] })
    const proxy = await cluster.faultProxy()
    const mark = cluster.auditMark()
    proxy.inject({ act: 'cut', at: { bytes: (request) => request.includes('POST ') }, times: Number.POSITIVE_INFINITY })
    const kubeconfig = cluster.kubeconfigFor({ token, namespace: name, url: proxy.url })
    await expect(kubectl(kubeconfig, 'create', 'configmap', 'never')).rejects.toThrow(/EOF|reset|closed/)
    expect(cluster.auditOf(name, mark).filter(({ isWrite }) => isWrite)).toEqual([])
  })

  it('can be unreachable for a while, on the same port', async () => {
    const proxy = await cluster.faultProxy()
    const back = await proxy.unreachable()
    await expect(kubectl(proxy.kubeconfig, 'get', 'nodes', '--request-timeout=5s')).rejects.toThrow(/refused/)
    await back()
    expect(await kubectl(proxy.kubeconfig, 'get', 'nodes', '-o', 'name')).toContain('node/node-0')
  })
})
