import { RollbackError } from '@backstep/core'
import { describe, expect, it } from 'vitest'
import type { ReleaseObjects } from '../src/index.ts'
import { ownerFindings } from '../src/release-owners.ts'
import type { SeenRelease } from '../src/release-position.ts'

const labels = { 'helm.toolkit.fluxcd.io/name': 'checkout', 'helm.toolkit.fluxcd.io/namespace': 'flux-system' }
const live = new Map([['apps/Deployment/shop/web', { metadata: { name: 'web', labels } }]])
const seen = { live } as unknown as SeenRelease
const call = { abortSignal: new AbortController().signal }

function objects(get: () => Promise<unknown>): ReleaseObjects {
  const kinds: ReleaseObjects['kinds'] = async (wanted) => wanted.map((kind) => ({ ...kind, resource: 'helmreleases', isNamespaced: true }))
  return { kinds, get } as unknown as ReleaseObjects
}

describe('the owner of a release', () => {
  it('counts as awake when this identity may not look at it', async () => {
    const denied = async (): Promise<never> => {
      throw new RollbackError('PERMISSION_DENIED', 'get helmrelease: 403', { hint: 'Ask for it.' })
    }
    const found = await ownerFindings(objects(denied), seen, 'refuse', call)
    expect(found).toMatchObject([{ level: 'blocker', code: 'helm.owned', message: expect.stringContaining('may not look') }])
  })

  it('is nobody while it is suspended', async () => {
    const suspended = async () => ({ spec: { suspend: true } })
    expect(await ownerFindings(objects(suspended), seen, 'refuse', call)).toEqual([])
  })

  it('that cannot be reached is no owner that rests', async () => {
    const lost = async (): Promise<never> => {
      throw new RollbackError('BACKEND_UNAVAILABLE', 'no answer', { hint: 'Try again.' })
    }
    await expect(ownerFindings(objects(lost), seen, 'refuse', call)).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
  })
})
