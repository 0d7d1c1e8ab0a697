import { describe, expect, it } from 'vitest'
import type { HelmClient } from '../src/index.ts'
import { helmClient, helmContacts, rollbackRelease } from '../src/index.ts'

const options = { context: 'staging', namespace: 'shop', release: 'checkout', toRevision: 3 }

/** Against the real control plane, with both lines of Helm: contract.testbed.test.ts. */
describe('rollback-release', () => {
  it('promises no more than it can keep', () => {
    const step = rollbackRelease(options)
    expect(step).toMatchObject({
      kind: 'helm.rollback-release',
      risk: ['reversible'],
      traits: { idempotency: 'natural', fencing: 'lease-only' },
      target: { system: 'staging', name: 'shop/checkout' },
    })
  })

  it('has a contact for every method of its port, and nothing reads that starts Helm to write', () => {
    const client = helmClient({ context: 'staging', driver: 'secret', helm: 'helm' })
    expect(Object.keys(client).toSorted()).toEqual(Object.keys(helmContacts).toSorted())
    const writing = (Object.keys(helmContacts) as (keyof HelmClient)[]).filter((name) => helmContacts[name] !== 'read')
    expect(writing.toSorted()).toEqual(['create', 'remove', 'rollback', 'upgrade'])
  })

  it.each([
    ['no revision', { ...options, toRevision: undefined }, 'toRevision'],
    ['revision 0, which Helm takes for the one before', { ...options, toRevision: 0 }, 'toRevision'],
    ['no context', { ...options, context: '' }, 'context'],
    ['a release name that Helm does not take', { ...options, release: 'Check out' }, 'release'],
    ['a storage that is not known', { ...options, driver: 'sql' }, 'driver'],
    ['an unknown option', { ...options, force: true }, 'force'],
  ])('refuses %s', (_, given, field) => {
    expect(() => rollbackRelease(given as unknown as typeof options)).toThrow(field)
  })
})
