import type { KubernetesObject } from '@backstep/kubernetes'
import { describe, expect, it } from 'vitest'
import { type ObjectWrite, positionOf, writeOf } from '../src/field-writes.ts'
import { trailWith, trailWithout } from '../src/mark-trail.ts'

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' }
const live = (replicas: number, trail = '', uid = 'u-1'): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'checkout', namespace: 'shop', uid, resourceVersion: '1', annotations: { 'backstep.dev/writes': trail } },
  spec: { replicas },
})
const write: ObjectWrite = writeOf(live(3, 'earlier'), 'k8s:ns/apps/Deployment/checkout', ref, [{ at: ['spec', 'replicas'], value: 0 }])

describe('where an object is relative to a write', () => {
  it.each([
    ['untouched', live(3, 'earlier'), 'before'],
    ['written by this very write', live(0, 'earlier,mine'), 'after'],
    ['put back by this very write', live(3, 'earlier,mine-'), 'before'],
    ['written by this write, under another that was put back', live(0, 'earlier,mine,later-'), 'after'],
    ['at the target by the hand of somebody else', live(0, 'earlier'), 'elsewhere'],
    ['as before, after another rollback went and came back', live(3, 'earlier,other-'), 'elsewhere'],
    ['at another value', live(5, 'earlier'), 'elsewhere'],
    ['another object of the same name', live(3, 'earlier', 'u-2'), 'elsewhere'],
    ['gone', undefined, 'elsewhere'],
  ] as const)('%s', (_, seen, at) => {
    expect(positionOf(seen, write, 'mine').at).toBe(at)
  })

  it('a write that changes nothing is done as long as nobody else writes', () => {
    const none = writeOf(live(0, 'earlier'), 'k8s:ns/apps/Deployment/checkout', ref, [{ at: ['spec', 'replicas'], value: 0 }])
    expect(none.isNeeded).toBe(false)
    expect(positionOf(live(0, 'earlier'), none, 'mine').at).toBe('after')
  })
})

describe('the trail of marks', () => {
  it('grows at its end, and keeps what was put back as such', () => {
    expect(trailWith('a', 'b')).toBe('a,b')
    expect(trailWithout('a,b,c-', 'b')).toBe('a,b-,c-')
    expect(trailWith('', 'a')).toBe('a')
  })

  it('keeps the last eight', () => {
    const trail = Array.from({ length: 12 }, (_, index) => `m${index}`).reduce(trailWith, '')
    expect(trail.split(',')).toHaveLength(8)
    expect(trail.endsWith('m11')).toBe(true)
  })
})
