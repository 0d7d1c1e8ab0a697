import { plan, seal } from '@backstep/core'
import { recordingContext } from '@backstep/testing'
import { describe, expect, it } from 'vitest'
import { reinstallRelease } from '../src/index.ts'

const options = { context: 'production', namespace: 'shop', release: 'checkout', toRevision: 3 }

describe('installing a release anew', () => {
  it('is a point of no return behind a question to two people', async () => {
    const node = reinstallRelease({ ...options, approvals: { roles: ['lead', 'owner'] } })
    const sealed = JSON.stringify(await seal(plan({ name: 'last-resort', steps: node }), { context: recordingContext().step }))
    expect(node.risk).toContain('point-of-no-return')
    expect(sealed).toContain('"quorum":2')
    expect(sealed).toContain('helm.reinstall-release')
  })

  it.each([
    ['one person', { roles: ['lead'], quorum: 1 }],
    ['one role of which each is asked', { roles: ['lead'], quorum: 'all' as const }],
    ['the same role twice', { roles: ['lead', 'lead'], quorum: 'all' as const }],
  ])('is refused with %s', (_, approvals) => {
    expect(() => reinstallRelease({ ...options, approvals })).toThrow(/approv|role/)
  })

  it('is refused without anybody to ask', () => {
    expect(() => reinstallRelease({ ...options, approvals: { roles: [] } })).toThrow('nobody')
  })
})
