import type { KubernetesClient } from '@backstep/kubernetes'
import { system } from '@backstep/testbed'
import { beforeAll, describe, expect, it } from 'vitest'
import { enterMaintenance } from '../src/enter-maintenance.ts'
import { findRevision } from '../src/find-revision.ts'
import { setImages } from '../src/set-images.ts'
import { switchService } from '../src/switch-service.ts'
import { undoRollout } from '../src/undo-rollout.ts'
import { ask, walk } from './walk.ts'
import { adminClient, call, contextName } from './workloads.ts'

const cluster = await system('kubernetes')
let admin: KubernetesClient
let namespace = ''
beforeAll(async () => {
  admin = adminClient(cluster)
  namespace = (await cluster.namespace()).name
})

const undo = (options: { readonly context?: string; readonly kubeconfig?: string; readonly namespace?: string; readonly name?: string }) =>
  walk(undoRollout({ context: contextName, kubeconfig: cluster.kubeconfig, namespace, name: 'checkout', to: 'checkout-1', ...options }))

describe('bad input is refused before any write', () => {
  it('no kubeconfig', async () => {
    await expect(undo({ kubeconfig: '/nowhere/config' })).rejects.toMatchObject({ code: 'OPTIONS_INVALID', effect: 'none' })
  })

  it('a context that does not exist', async () => {
    await expect(undo({ context: 'production' })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('it has testbed'),
    })
  })

  it('a server that cannot be reached', async () => {
    const proxy = await cluster.faultProxy()
    await proxy.unreachable()
    await expect(undo({ kubeconfig: proxy.kubeconfig })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      effect: 'none',
      canRetry: true,
    })
  })

  it('a token that has expired', async () => {
    const kubeconfig = cluster.kubeconfigFor({ token: 'expired' })
    await expect(undo({ kubeconfig })).rejects.toMatchObject({ code: 'PERMISSION_DENIED', message: expect.stringContaining('not valid') })
  })

  it('a namespace that does not exist', async () => {
    await expect(undo({ namespace: 'nowhere' })).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  it('a workload that does not exist', async () => {
    await expect(undo({ name: 'nothing' })).rejects.toMatchObject({
      code: 'TARGET_NOT_FOUND',
      message: `${namespace}/Deployment/nothing does not exist`,
    })
    await expect(
      ask(findRevision({ context: contextName, namespace, name: 'nothing', choose: 'previous' }, { client: admin })),
    ).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  it('a name that can be no name', () => {
    expect(() => undoRollout({ context: 'c', namespace: 'shop', name: 'No Name', to: 'x' })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining('name') }),
    )
  })

  it('a selector that matches nothing', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop', namespace },
      spec: { selector: { app: 'green' }, ports: [{ port: 80 }] },
    }
    await admin.create({ manifest }, call)
    const walked = await walk(switchService({ context: contextName, namespace, name: 'shop', select: { app: 'blue' } }, { client: admin }))
    expect(walked.blockers).toEqual(['k8s.no-ready-pods'])
  })

  it('an Ingress that does not exist', async () => {
    const step = enterMaintenance(
      { context: contextName, namespace, ingresses: ['nothing'], service: { name: 'page', port: 80 } },
      { client: admin },
    )
    await expect(walk(step)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })

  it.each(['shop/checkout:latest', 'shop/checkout', 'shop/checkout:v1@sha256:short'])('a target that is no digest: %s', (image) => {
    expect(() => setImages({ context: 'c', namespace: 'shop', name: 'checkout', images: { app: image } })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
