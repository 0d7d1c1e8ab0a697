import { chmod, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { kubernetesClient } from '../src/kubernetes-client.ts'
import type { KubernetesClient } from '../src/client.ts'
import { type Answer, configOf, fakeServer, type FakeServer, type Received, status } from './fake-server.ts'

const call = { abortSignal: new AbortController().signal }
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' }
const servers: FakeServer[] = []

async function connect(
  answer: (request: Received) => Answer,
  user?: object,
  requestTimeoutMs = 2000,
): Promise<{ readonly server: FakeServer; readonly client: KubernetesClient }> {
  const server = await fakeServer(answer)
  servers.push(server)
  return { server, client: kubernetesClient({ context: 'test', kubeconfig: await server.kubeconfig(user), requestTimeoutMs }) }
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

describe('the client of an API server', () => {
  it('reads an object as it is, with fields that nobody knows', async () => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'checkout' }, spec: { fieldOfTheFuture: { a: [1] } } }
    const { client, server } = await connect(() => ({ body: object }))
    expect(await client.get(deployment, call)).toEqual(object)
    expect(server.received[0]).toMatchObject({
      method: 'GET',
      path: '/apis/apps/v1/namespaces/shop/deployments/checkout',
      headers: { authorization: 'Bearer first-token' },
    })
  })

  it('answers undefined for an object that is not there, and refuses a kind that is not served', async () => {
    const { client } = await connect(({ path }) =>
      path.endsWith('checkout')
        ? status(404, 'NotFound', { details: { name: 'checkout', kind: 'deployments' } })
        : { status: 404, text: '404 page not found' },
    )
    expect(await client.get(deployment, call)).toBeUndefined()
    const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespace: 'shop', name: 'checkout' }
    await expect(client.get(rollout, call)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    expect(await client.discover(rollout, call)).toBeUndefined()
  })

  it('finds the path of a kind by discovery, once', async () => {
    const { client, server } = await connect(({ path }) =>
      path === '/apis/argoproj.io/v1alpha1'
        ? {
            body: {
              resources: [
                { name: 'rollouts/status', kind: 'Rollout', namespaced: true },
                { name: 'rollouts', kind: 'Rollout', namespaced: true },
              ],
            },
          }
        : { body: { metadata: {} } },
    )
    const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespace: 'shop', name: 'checkout' }
    await client.get(rollout, call)
    await client.get(rollout, call)
    expect(server.received.map(({ path }) => path)).toEqual([
      '/apis/argoproj.io/v1alpha1',
      '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/checkout',
      '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/checkout',
    ])
  })

  it('lists all pages, and begins again when the server has forgotten the first one', async () => {
    let isForgotten = false
    const { client, server } = await connect(({ query }) => {
      if (query.get('continue') === null) return { body: { items: [{ metadata: { name: 'a' } }], metadata: { continue: 'next' } } }
      if (!isForgotten) {
        isForgotten = true
        return status(410, 'Expired')
      }
      return { body: { items: [{ metadata: { name: 'b' } }], metadata: {} } }
    })
    const found = await client.list({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', labelSelector: 'app in (a,b)' }, call)
    expect(found).toEqual([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } },
    ])
    expect(server.received.every(({ query }) => query.get('labelSelector') === 'app in (a,b)')).toBe(true)
    expect(server.received).toHaveLength(4)
  })

  it('sends a dry run as a dry run, and nothing else', async () => {
    const { client, server } = await connect(() => ({ body: { metadata: {} } }))
    await client.tryPatch({ ...deployment, operations: [] }, call)
    await client.patch({ ...deployment, operations: [] }, call)
    expect(server.received.map(({ query }) => query.get('dryRun'))).toEqual(['All', null])
    expect(server.received[1]?.headers['content-type']).toBe('application/json-patch+json')
  })

  it('removes only the object that is meant', async () => {
    const answers: Answer[] = [
      { body: {} },
      status(409, 'Conflict'),
      status(404, 'NotFound', { details: { name: 'checkout', kind: 'deployments' } }),
    ]
    const { client, server } = await connect(() => answers.shift() ?? 'hang')
    const request = { ...deployment, uid: 'u-1' }
    expect([await client.remove(request, call), await client.remove(request, call), await client.remove(request, call)]).toEqual([
      'removed',
      'replaced',
      'gone',
    ])
    expect(server.received[0]?.body).toMatchObject({ preconditions: { uid: 'u-1' } })
  })

  it('tells an eviction that a budget refuses from too many requests', async () => {
    const { client } = await connect(() => status(429, 'TooManyRequests', { details: { causes: [{ reason: 'DisruptionBudget' }] } }))
    expect(await client.evict({ namespace: 'shop', pod: 'checkout-1', uid: 'u' }, call)).toBe('blocked')
    const busy = await connect(() => status(429, 'TooManyRequests'))
    await expect(busy.client.evict({ namespace: 'shop', pod: 'checkout-1', uid: 'u' }, call)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      effect: 'none',
      canRetry: true,
    })
  })

  it('waits as long as a busy server says, and sends the request again', async () => {
    const answers: Answer[] = [
      { status: 429, headers: { 'retry-after': '0' } },
      { status: 429, headers: { 'retry-after': '0.05' } },
      { body: { metadata: {} } },
    ]
    const { client, server } = await connect(() => answers.shift() ?? 'hang')
    await client.patch({ ...deployment, operations: [] }, call)
    expect(server.received).toHaveLength(3)
  })

  it('keeps an answer with a number that JavaScript would change away from everyone', async () => {
    const { client } = await connect(() => ({ text: '{"spec":{"big":9007199254740993}}' }))
    await expect(client.get(deployment, call)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  it('asks whether something is allowed', async () => {
    const { client, server } = await connect(() => ({ body: { status: { allowed: true } } }))
    expect(await client.review({ verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'shop' }, call)).toBe(true)
    expect(server.received[0]?.body).toMatchObject({ spec: { resourceAttributes: { verb: 'patch', resource: 'deployments' } } })
  })
})

describe('credentials', () => {
  it('are refreshed once when the server refuses them: a token file', async () => {
    const { client, server } = await connect(
      ({ headers }) => (headers.authorization === 'Bearer new' ? { body: { metadata: {} } } : status(401, 'Unauthorized')),
      {
        token: 'unused',
      },
    )
    const folder = dirname(await server.kubeconfig({}))
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'old')
    await server.kubeconfig({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } })
    await expect(client.get(deployment, call)).rejects.toMatchObject({ code: 'PERMISSION_DENIED', effect: 'none' })
    await writeFile(tokenFile, 'new')
    expect(await client.get(deployment, call)).toEqual({ metadata: {} })
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer old', 'Bearer old', 'Bearer new'])
  })

  it('come from an exec plugin, which is asked again when they are refused', async () => {
    const { client, server } = await connect(({ headers }) =>
      headers.authorization === 'Bearer call-2' ? { body: { metadata: {} } } : status(401, 'Unauthorized'),
    )
    const folder = dirname(await server.kubeconfig())
    const plugin = join(folder, 'plugin.sh')
    const credential = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"call-%s"}}'
    await writeFile(plugin, `#!/bin/sh\necho x >> ${folder}/count\nprintf '${credential}' "$(wc -l < ${folder}/count | tr -d ' ')"\n`)
    await chmod(plugin, 0o700)
    await server.kubeconfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' } })
    expect(await client.get(deployment, call)).toEqual({ metadata: {} })
    expect(server.received).toHaveLength(2)
  })

  it('that cannot be had are said to be so, without what the plugin wrote', async () => {
    const { client, server } = await connect(() => 'hang')
    await server.kubeconfig({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', 'echo canary-secret >&2; exit 1'] },
    })
    const error = await client.get(deployment, call).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', effect: 'none' })
    expect(JSON.stringify([error, String((error as Error).cause)])).not.toContain('canary-secret')
  })
})

describe('a cluster that cannot be used', () => {
  it('is refused when there is no kubeconfig', async () => {
    const client = kubernetesClient({ context: 'test', kubeconfig: '/nowhere/config' })
    await expect(client.version(call)).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: 'Cannot read /nowhere/config: ENOENT' })
  })

  it('is refused when the kubeconfig cannot be parsed, without quoting it', async () => {
    const { server } = await connect(() => 'hang')
    const path = await server.kubeconfig()
    await writeFile(path, 'users: [ {token: canary-secret')
    const error = await kubernetesClient({ context: 'test', kubeconfig: path })
      .version(call)
      .catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'OPTIONS_INVALID' })
    expect(JSON.stringify([error, String((error as Error).cause), (error as Error).message])).not.toContain('canary-secret')
  })

  it('is refused when there is no such context, and the error names those that there are', async () => {
    const { server } = await connect(() => 'hang')
    const client = kubernetesClient({ context: 'production', kubeconfig: await server.kubeconfig() })
    await expect(client.version(call)).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('it has test, lost'),
    })
  })

  it('is refused when the context names no cluster', async () => {
    const { server } = await connect(() => 'hang')
    const client = kubernetesClient({ context: 'lost', kubeconfig: await server.kubeconfig() })
    await expect(client.version(call)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })

  it('is refused over plain HTTP, where credentials could be read', async () => {
    const { server } = await connect(() => 'hang')
    const path = await server.kubeconfig()
    await writeFile(
      path,
      JSON.stringify(configOf('http://127.0.0.1:1', {})).replace('"insecure-skip-tls-verify":true', '"insecure-skip-tls-verify":false'),
    )
    await expect(kubernetesClient({ context: 'test', kubeconfig: path }).version(call)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })

  it('that does not listen has changed nothing, and may be asked again', async () => {
    const { server } = await connect(() => 'hang')
    const path = await server.kubeconfig()
    const free = createServer()
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve))
    const { port } = free.address() as { port: number }
    await new Promise((resolve) => free.close(resolve))
    await writeFile(path, JSON.stringify(configOf(`http://127.0.0.1:${port}`, {})))
    const client = kubernetesClient({ context: 'test', kubeconfig: path })
    await expect(client.patch({ ...deployment, operations: [] }, call)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      effect: 'none',
      canRetry: true,
      message: 'patch shop/Deployment/checkout: no answer from the API server (ECONNREFUSED)',
    })
  })
})

describe('an answer that does not come', () => {
  it('leaves the effect unknown when it is cut', async () => {
    const { client } = await connect(() => 'cut')
    await expect(client.patch({ ...deployment, operations: [] }, call)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      effect: 'unknown',
    })
  })

  it('runs out of time, with an unknown effect', async () => {
    const { client } = await connect(() => 'hang', undefined, 100)
    await expect(client.patch({ ...deployment, operations: [] }, call)).rejects.toMatchObject({ code: 'TIMED_OUT', effect: 'unknown' })
  })

  it('is not waited for after an abort', async () => {
    const { client } = await connect(() => 'hang')
    const stop = new AbortController()
    const asked = client.get(deployment, { abortSignal: stop.signal })
    asked.catch(() => undefined)
    await wait(50)
    stop.abort()
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED', effect: 'unknown' })
    await expect(client.get(deployment, { abortSignal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED', effect: 'none' })
  })
})
