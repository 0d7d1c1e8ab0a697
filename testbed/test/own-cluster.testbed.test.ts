import { expect, it } from 'vitest'
import { ownCluster } from '../src/index.ts'

const cluster = await ownCluster()

it('survives the end of its API server with everything that was stored', async () => {
  const { name, uid } = await cluster.namespace()
  await cluster.stopApiserver()
  await expect(cluster.api('GET', `/api/v1/namespaces/${name}`)).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/)
  await cluster.startApiserver()
  expect((await cluster.api('GET', `/api/v1/namespaces/${name}`)).body).toMatchObject({ metadata: { uid } })
})

it('comes back after a shutdown in which open requests were finished', async () => {
  const { token } = await cluster.asUser({ namespace: 'default', rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }] })
  await cluster.withoutApiserver(300, { isGraceful: true })
  expect((await cluster.api('GET', '/api/v1/namespaces/default/pods', { token })).status).toBe(200)
})

it('still rolls out when its API server has been away', async () => {
  const { name } = await cluster.namespace()
  await cluster.withoutApiserver(100)
  const labels = { app: 'late' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'example.test/late:v1' }] } }
  const path = `/apis/apps/v1/namespaces/${name}/deployments`
  const body = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'late' },
    spec: { selector: { matchLabels: labels }, template },
  }
  expect((await cluster.api('POST', path, { body })).status).toBe(201)
  const ready = async () => ((await cluster.api('GET', `${path}/late`)).body as { status: { readyReplicas?: number } }).status.readyReplicas
  await expect.poll(ready, { timeout: 60_000, interval: 100 }).toBe(1)
})
