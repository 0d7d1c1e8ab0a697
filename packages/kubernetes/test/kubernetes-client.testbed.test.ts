import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { guardedPatch, type KubernetesClient, kubernetesClient, namespaceUid, resourceName } from '../src/index.ts'

const cluster = await system('kubernetes')
const call = { abortSignal: new AbortController().signal }
let client: KubernetesClient
let namespace = ''
let uid = ''
beforeAll(async () => {
  client = kubernetesClient({ context: 'testbed', kubeconfig: cluster.kubeconfig })
  ;({ name: namespace, uid } = await cluster.namespace())
})

let count = 0
async function configMap(data: Readonly<Record<string, string>> = { mode: 'old' }) {
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `config-${++count}` }
  const live = await client.create(
    { manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ref.name, namespace }, data } },
    call,
  )
  if (live === undefined) throw new Error('it was there already')
  return { ref, live }
}

describe('the client, on a real API server', () => {
  it('names objects by the uid of their namespace', async () => {
    const { ref } = await configMap()
    expect(await namespaceUid(client, namespace, call)).toBe(uid)
    expect(resourceName(uid, ref)).toBe(`k8s:${uid}/core/ConfigMap/${ref.name}`)
  })

  it('writes only while a field is as it was seen, and tells that from an object that is not valid', async () => {
    const { ref, live } = await configMap()
    const operations = guardedPatch(live, [{ segments: ['data', 'mode'], value: 'new' }])
    expect(await client.tryPatch({ ...ref, operations }, call)).toMatchObject({ data: { mode: 'new' } })
    expect(await client.get(ref, call)).toMatchObject({ data: { mode: 'old' } })
    expect(await client.patch({ ...ref, operations }, call)).toMatchObject({ data: { mode: 'new' } })
    await expect(client.patch({ ...ref, operations }, call)).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
    const invalid = guardedPatch(live, [{ segments: ['metadata', 'labels'], value: { 'no label': '' } }])
    await expect(client.patch({ ...ref, operations: invalid }, call)).rejects.toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('metadata.labels'),
    })
  })

  it('makes missing parents of a field, and takes a missing field for null', async () => {
    const { ref, live } = await configMap()
    const mark = ['metadata', 'annotations', 'backstep.dev/writes']
    const marked = await client.patch(
      { ...ref, operations: guardedPatch(live, [{ segments: mark, value: 'm' }], [['data', 'missing']]) },
      call,
    )
    expect(marked.metadata.annotations).toEqual({ 'backstep.dev/writes': 'm' })
  })

  it('refuses a field that the server does not know', async () => {
    const { ref, live } = await configMap()
    const operations = guardedPatch(live, [{ segments: ['notAField'], value: 'x' }])
    await expect(client.tryPatch({ ...ref, operations }, call)).rejects.toMatchObject({ code: 'REJECTED', effect: 'none' })
  })

  it('makes an object once, and removes only the one that is meant', async () => {
    const { ref, live } = await configMap()
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ref.name, namespace } }
    expect(await client.create({ manifest }, call)).toBeUndefined()
    expect(await client.remove({ ...ref, uid: '00000000-0000-0000-0000-000000000000' }, call)).toBe('replaced')
    expect(await client.remove({ ...ref, uid: live.metadata.uid }, call)).toBe('removed')
    expect(await client.remove({ ...ref, uid: live.metadata.uid }, call)).toBe('gone')
  })

  it('names the fields that another manager applies', async () => {
    const { ref } = await configMap()
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: ref.name, namespace }, data: { mode: 'pipeline' } }
    await client.apply({ manifest, fieldManager: 'pipeline', force: true }, call)
    const other = { ...manifest, data: { mode: 'ours' } }
    await expect(client.apply({ manifest: other }, call)).rejects.toMatchObject({
      code: 'DRIFTED',
      message: expect.stringContaining('.data.mode'),
    })
    expect(await client.apply({ manifest: other, force: true }, call)).toMatchObject({ data: { mode: 'ours' } })
  })

  it('lists more objects than fit on a page, by label', async () => {
    const manifests = Array.from({ length: 520 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `many-${index}`, namespace, labels: { many: 'yes' } },
    }))
    await Promise.all(manifests.map((manifest) => client.create({ manifest }, call)))
    const found = await client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace, labelSelector: 'many=yes' }, call)
    expect(new Set(found.map(({ metadata }) => metadata.name)).size).toBe(520)
    expect(found[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' })
  })

  it('says what is allowed, and names what is refused', async () => {
    const { kubeconfig } = await cluster.asUser({ namespace, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }] })
    const limited = kubernetesClient({ context: 'testbed', kubeconfig })
    const { ref, live } = await configMap()
    expect(await limited.review({ verb: 'get', group: '', resource: 'configmaps', namespace }, call)).toBe(true)
    expect(await limited.review({ verb: 'patch', group: '', resource: 'configmaps', namespace }, call)).toBe(false)
    await expect(limited.patch({ ...ref, operations: guardedPatch(live, []) }, call)).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining(`patch ${namespace}/ConfigMap/${ref.name}`),
    })
  })

  it('finds kinds by discovery, and says which are not served', async () => {
    expect(await client.discover({ apiVersion: 'apps/v1', kind: 'Deployment' }, call)).toMatchObject({
      resource: 'deployments',
      isNamespaced: true,
    })
    expect(await client.discover({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' }, call)).toBeUndefined()
    await expect(client.get({ apiVersion: 'extensions/v1beta1', kind: 'Sandwich', namespace, name: 'x' }, call)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
    })
    expect(await client.version(call)).toMatch(/^v1\.36\./)
  })
})
