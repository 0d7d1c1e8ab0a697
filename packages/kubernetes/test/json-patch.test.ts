import type { Json } from '@backstep/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../src/client.ts'
import { guardedPatch, pointer, valueAt } from '../src/json-patch.ts'

const live: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'checkout', uid: 'u-1', resourceVersion: '7', labels: { app: 'checkout' } },
  spec: { paused: false, template: { image: 'a' } },
}

describe('a guarded patch', () => {
  it('tests the uid, every old value and every further place before it writes', () => {
    expect(guardedPatch(live, [{ segments: ['spec', 'template'], value: { image: 'b' } }], [['spec', 'paused']])).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'u-1' },
      { op: 'test', path: '/spec/paused', value: false },
      { op: 'test', path: '/spec/template', value: { image: 'a' } },
      { op: 'replace', path: '/spec/template', value: { image: 'b' } },
    ])
  })

  it('makes missing parents, once, and tests that they are missing', () => {
    const mark = ['metadata', 'annotations', 'backstep.example/mark'] as const
    expect(guardedPatch(live, [{ segments: mark, value: 'm' }]).slice(1)).toEqual([
      { op: 'test', path: '/metadata/annotations', value: null },
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/backstep.example~1mark', value: 'm' },
    ])
  })

  it('takes away what shall not be there, and leaves alone what is right', () => {
    const writes = [
      { segments: ['metadata', 'labels', 'app'], value: undefined },
      { segments: ['spec', 'paused'], value: false },
    ]
    expect(guardedPatch(live, writes).slice(1)).toEqual([
      { op: 'test', path: '/metadata/labels/app', value: 'checkout' },
      { op: 'remove', path: '/metadata/labels/app' },
    ])
  })

  it('escapes names that hold slashes and tildes', () => {
    expect(pointer('a/b', 'c~d', 0)).toBe('/a~1b/c~0d/0')
  })

  it('reads nothing that an object merely inherits', () => {
    expect(valueAt(live, ['spec', 'constructor'])).toBeUndefined()
  })

  it('applied as RFC 6902 says, writes exactly the given fields', () => {
    const segment = fc.constantFrom('spec', 'template', 'metadata', 'labels', 'annotations', 'a/b')
    const write = fc.record({
      segments: fc.array(segment, { minLength: 2, maxLength: 3 }),
      value: fc.constantFrom<Json | undefined>('x', 'y', undefined),
    })
    fc.assert(
      fc.property(write, ({ segments, value }) => {
        fc.pre(typeof valueAt(live, segments.slice(0, -1)) !== 'string' && segments[0] !== segments[1])
        const result = applied(structuredClone(live) as Json, guardedPatch(live, [{ segments, value }]))
        expect(valueAt(result, segments)).toEqual(value)
        expect(valueAt(result, ['metadata', 'uid'])).toBe('u-1')
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})

/** A small applier of JSON Patch, for objects only. */
function applied(object: Json, operations: ReturnType<typeof guardedPatch>): Json {
  for (const operation of operations) {
    const segments = operation.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = segments.pop() ?? ''
    const parent = valueAt(object, segments) as Record<string, Json>
    if (operation.op === 'test') expect(parent[last] ?? null).toEqual(operation.value)
    else if (operation.op === 'remove') delete parent[last]
    else parent[last] = structuredClone(operation.value)
  }
  return object
}
