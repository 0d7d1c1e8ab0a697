import { automatic, plan, sequence, together } from '@backstep/core'
import { describe, it } from 'vitest'
import { reinstallRelease, releaseHealthy, rollbackRelease } from '../src/index.ts'

const release = { context: 'production', namespace: 'shop', release: 'checkout' }
const check = releaseHealthy(release)
const base = { name: 'x', target: 'prod/shop', any: [{ check, for: '5m' }], knownGood: check, cooldown: '1h', maxPerDay: 2 } as const
const lastResort = reinstallRelease({ ...release, toRevision: 3, approvals: { roles: ['lead'] } })
const back = rollbackRelease({ ...release, toRevision: 3 })

describe('installing a release anew', () => {
  it('is nothing that a machine may start, wherever it stands', () => {
    automatic({ ...base, run: plan({ name: 'back', steps: back }) })
    // @ts-expect-error a point of no return
    automatic({ ...base, run: plan({ name: 'last', steps: lastResort }) })
    // @ts-expect-error a point of no return
    automatic({ ...base, run: plan({ name: 'last', steps: sequence(back, lastResort) }) })
  })

  it('has nothing beside it', () => {
    // @ts-expect-error a point of no return is a cut in the plan
    together(back, lastResort)
  })

  it('is asked for by name: people and revision', () => {
    // @ts-expect-error nobody to ask
    reinstallRelease({ ...release, toRevision: 3 })
    // @ts-expect-error no revision
    reinstallRelease({ ...release, approvals: { roles: ['lead'] } })
  })
})
