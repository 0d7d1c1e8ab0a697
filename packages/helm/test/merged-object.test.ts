import type { JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'
import { describe, expect, it } from 'vitest'
import { mergeOperations } from '../src/merged-object.ts'

const live = (fields: JsonObject, metadata: JsonObject = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  ...fields,
  metadata: { name: 'r', uid: 'u', resourceVersion: '1', ...metadata },
})
const manifest = (spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({ apiVersion: 'v1', kind: 'Service', metadata, spec })

describe('the merge that a client-side Helm makes', () => {
  it('sets what is wanted, removes what only the old manifest said, and leaves the rest', () => {
    const operations = mergeOperations(
      manifest({ type: 'NodePort', sessionAffinity: 'ClientIP' }),
      manifest({ type: 'LoadBalancer' }),
      live({ spec: { type: 'NodePort', sessionAffinity: 'ClientIP', clusterIP: '10.0.0.1' } }),
    )
    expect(operations).toEqual([{ op: 'add', path: '/spec', value: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } }])
  })

  it('knows members of a list by what names them, and keeps those of somebody else', () => {
    const operations = mergeOperations(
      manifest({
        ports: [
          { name: 'http', port: 81 },
          { name: 'old', port: 9 },
        ],
      }),
      manifest({ ports: [{ name: 'http', port: 80 }] }),
      live({
        spec: {
          ports: [
            { name: 'http', port: 81, nodePort: 31000 },
            { name: 'old', port: 9 },
            { name: 'mesh', port: 15000 },
          ],
        },
      }),
    )
    expect(operations).toEqual([
      {
        op: 'add',
        path: '/spec',
        value: {
          ports: [
            { name: 'http', port: 80, nodePort: 31000 },
            { name: 'mesh', port: 15000 },
          ],
        },
      },
    ])
  })

  it('takes labels and fields away that only the old manifest had', () => {
    const operations = mergeOperations(
      { ...manifest({}, { labels: { tier: 'x' } }), data: { one: '1' } },
      manifest({}, {}),
      live({ spec: {}, data: { one: '1', two: '2' } }, { labels: { tier: 'x', team: 'y' } }),
    )
    expect(operations).toEqual([
      { op: 'add', path: '/metadata/labels', value: { team: 'y' } },
      { op: 'add', path: '/spec', value: {} },
      { op: 'add', path: '/data', value: { two: '2' } },
    ])
  })

  it('replaces a list whose members nothing names', () => {
    const operations = mergeOperations(manifest({ args: ['a', 'b'] }), manifest({ args: ['c'] }), live({ spec: { args: ['a', 'b'] } }))
    expect(operations).toEqual([{ op: 'add', path: '/spec', value: { args: ['c'] } }])
  })
})
