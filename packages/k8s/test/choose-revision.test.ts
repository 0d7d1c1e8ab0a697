import { describe, expect, it } from 'vitest'
import { chooseRevision, seenGood } from '../src/choose-revision.ts'
import type { Revision } from '../src/revisions.ts'

const workload = { namespace: 'shop', kind: 'Deployment', name: 'checkout' } as const
const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 4, minute)).toISOString()

function revision(number: number, rest: Partial<Revision> = {}): Revision {
  return {
    name: `checkout-${number}`,
    uid: `uid-${number}`,
    number: String(number),
    template: { metadata: {}, spec: { containers: [{ name: 'app', image: `shop/checkout:v${number}` }] } },
    podLabel: { key: 'pod-template-hash', value: String(number) },
    createdAt: at(number),
    labels: {},
    annotations: {},
    cause: undefined,
    wasUsedAgain: false,
    readyPods: 0,
    ...rest,
  }
}
const current = revision(30)
const lastKnownGood = { lastKnownGood: { ranAtLeastMs: 5 * 60_000 } }
const choose = (...history: readonly Revision[]) => chooseRevision(lastKnownGood, [current, ...history], current, workload)

describe('last known good', () => {
  it('takes the newest one that something speaks for', () => {
    expect(choose(revision(29), revision(20), revision(10))).toMatchObject({
      revision: { name: 'checkout-20' },
      evidence: 'ran for 9 min before it was replaced',
    })
  })

  it('believes ready pods, and a mark that names the revision', () => {
    expect(choose(revision(29, { readyPods: 2 }))).toMatchObject({ evidence: '2 of its pods are ready now' })
    expect(choose(revision(29, { annotations: { [seenGood]: 'checkout-29 by the release pipeline' } }))).toMatchObject({
      evidence: 'marked as seen good: checkout-29 by the release pipeline',
    })
  })

  it('does not believe a mark that was copied from another revision', () => {
    expect(() => choose(revision(29, { annotations: { [seenGood]: 'checkout-12' } }))).toThrow(
      expect.objectContaining({ code: 'TARGET_NOT_FOUND' }),
    )
  })

  it('does not believe the age of one that was used again: it says nothing of how long it ran', () => {
    expect(() => choose(revision(10, { wasUsedAgain: true }))).toThrow(expect.objectContaining({ code: 'TARGET_NOT_FOUND' }))
  })

  it('never takes one that differs from the current one by a restart only', () => {
    const restarted = {
      metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-22T04:30:00Z' } },
      spec: objectOf(current),
    }
    expect(() => choose(revision(29, { template: restarted, readyPods: 2 }))).toThrow(expect.objectContaining({ code: 'TARGET_NOT_FOUND' }))
  })

  it('names what there is when nothing speaks for any', () => {
    expect(() => choose(revision(29))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('it has checkout-29 (29)'), effect: 'none' }),
    )
  })
})

function objectOf({ template }: Revision) {
  return template['spec'] ?? null
}

describe('numbers', () => {
  it('are compared as numbers, also beyond what JavaScript can hold', () => {
    const large = revision(1, { number: '9223372036854775807', name: 'newest' })
    const older = revision(2, { number: '9223372036854775806', name: 'older' })
    expect(chooseRevision({ previous: true }, [large, older], large, workload).revision.name).toBe('older')
  })

  it.each(['0', '-1', '1.5', 'x', '01'])('that are none are not found: %s', (number) => {
    expect(() => chooseRevision({ revision: number }, [revision(1)], undefined, workload)).toThrow(
      expect.objectContaining({ code: 'TARGET_NOT_FOUND' }),
    )
  })
})
