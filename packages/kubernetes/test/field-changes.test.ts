import { describe, expect, it } from 'vitest'
import { fieldChanges } from '../src/field-changes.ts'

const template = (image: string, env: readonly object[]) => ({
  metadata: { annotations: {} },
  spec: { containers: [{ name: 'app', image, env: [...env] }] },
})

describe('what differs between two objects', () => {
  it('is said by field, with containers by their name', () => {
    expect(fieldChanges(template('a:1', []) as never, template('a:2', []) as never, { path: 'spec.template' })).toEqual([
      { path: 'spec.template.spec.containers[app].image', before: 'a:1', after: 'a:2' },
    ])
  })

  it('never shows a value of the environment, also of a container that is new', () => {
    const canary = 'hunter2-canary'
    const before = template('a:1', [{ name: 'PASSWORD', value: canary }])
    const after = template('a:1', [{ name: 'PASSWORD', value: `${canary}-2` }])
    const changes = [
      ...fieldChanges(before as never, after as never, { path: 'spec.template' }),
      ...fieldChanges(undefined, after as never, { path: 'spec.template' }),
      ...fieldChanges(before as never, undefined, { path: 'spec.template' }),
    ]
    expect(changes.length).toBeGreaterThan(2)
    expect(JSON.stringify(changes)).not.toContain(canary)
    expect(changes[0]?.before).toMatch(/^\[hidden [0-9a-f]{8}\]$/)
  })

  it('hides command lines that name a password, contents of Secrets, and objects inside annotations', () => {
    const changes = [
      ...fieldChanges(['--password=canary'], ['--password=other'], { path: 'args' }),
      ...fieldChanges({ key: 'canary' }, { key: 'other' }, { path: 'data', isSecret: true }),
      ...fieldChanges({ 'last-applied': `canary${'x'.repeat(300)}` }, {}, { path: 'metadata.annotations' }),
    ]
    expect(changes).toHaveLength(3)
    expect(JSON.stringify(changes)).not.toContain('canary')
  })

  it('shows which Secret is referenced: a name is no value', () => {
    const from = (name: string) => template('a:1', [{ name: 'P', valueFrom: { secretKeyRef: { name, key: 'k' } } }])
    expect(fieldChanges(from('old') as never, from('new') as never, { path: 't' })).toEqual([
      { path: 't.spec.containers[app].env[P].valueFrom.secretKeyRef.name', before: 'old', after: 'new' },
    ])
  })
})
