import { describe, expect, it } from 'vitest'
import { namespaceUid, resourceName } from '../src/resource-name.ts'
import { objectPath, wellKnownKind } from '../src/served-kinds.ts'

const call = { abortSignal: new AbortController().signal }

describe('the global name of an object', () => {
  it('has the uid of its namespace, its group without a version, its kind and its name', () => {
    expect(resourceName('ns-uid', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'checkout' })).toBe(
      'k8s:ns-uid/apps/Deployment/checkout',
    )
    expect(resourceName('ns-uid', { apiVersion: 'v1', kind: 'Service', name: 'checkout' })).toBe('k8s:ns-uid/core/Service/checkout')
  })

  it('cannot be made for a namespace that does not exist', async () => {
    await expect(namespaceUid({ get: async () => undefined }, 'shop', call)).rejects.toMatchObject({ code: 'TARGET_NOT_FOUND' })
  })
})

describe('the path of an object', () => {
  it('follows its group, its namespace and its scope', () => {
    const deployment = wellKnownKind({ apiVersion: 'apps/v1', kind: 'Deployment' })!
    const node = wellKnownKind({ apiVersion: 'v1', kind: 'Node' })!
    expect(objectPath(deployment, { namespace: 'shop', name: 'checkout' })).toBe('/apis/apps/v1/namespaces/shop/deployments/checkout')
    expect(objectPath(deployment, {})).toBe('/apis/apps/v1/deployments')
    expect(objectPath(node, { namespace: 'ignored', name: 'node-0' })).toBe('/api/v1/nodes/node-0')
  })
})
