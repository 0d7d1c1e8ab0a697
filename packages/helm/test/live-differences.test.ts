import { describe, expect, it } from 'vitest'
import { liveDifferences } from '../src/live-differences.ts'
import { manifestObjects, objectKey } from '../src/manifest.ts'
import { isSameQuantity, quantityOf } from '../src/quantity.ts'

const deployment = (container: object, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { ...more, template: { spec: { containers: [{ name: 'web', ...container }] } } },
})
const live = (container: object, more: object = {}) => {
  const object = deployment(
    { imagePullPolicy: 'IfNotPresent', terminationMessagePath: '/dev/termination-log', ...container },
    { revisionHistoryLimit: 10, ...more },
  )
  return {
    ...object,
    metadata: { ...object.metadata, uid: 'u', labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
    status: { replicas: 1 },
  }
}

describe('a live object against its manifest', () => {
  it('is the same although the server filled in defaults, labels and status', () => {
    expect(liveDifferences(deployment({ image: 'v1' }), undefined, live({ image: 'v1' }))).toEqual([])
  })

  it('differs where a value is another one, named by the member and not by its position', () => {
    const wanted = deployment({ image: 'v1', env: [{ name: 'A', value: '1' }] })
    const injected = live({
      image: 'v2',
      env: [
        { name: 'B', value: '0' },
        { name: 'A', value: '1' },
      ],
    })
    expect(liveDifferences(wanted, undefined, injected)).toEqual(['/spec/template/spec/containers[web]/image'])
  })

  it('differs where only the other manifest gave what is still there', () => {
    const wanted = deployment({ image: 'v1' })
    const other = deployment({ image: 'v1', env: [{ name: 'MODE', value: 'new' }] }, { minReadySeconds: 7 })
    expect(liveDifferences(wanted, other, live({ image: 'v1', env: [{ name: 'MODE', value: 'new' }] }, { minReadySeconds: 7 }))).toEqual([
      '/spec/template/spec/containers[web]/env[MODE]',
      '/spec/minReadySeconds',
    ])
    expect(liveDifferences(wanted, other, live({ image: 'v1' }))).toEqual([])
  })

  it('does not take a default for something that the other manifest left', () => {
    const other = deployment({ image: 'v1', imagePullPolicy: 'IfNotPresent' }, { revisionHistoryLimit: 10 })
    expect(liveDifferences(deployment({ image: 'v1' }), other, live({ image: 'v1' }))).toEqual([])
  })

  it('compares amounts by what they mean, and only where amounts stand', () => {
    const wanted = deployment({ resources: { limits: { cpu: 0.5, memory: '1024Mi' }, requests: { cpu: '1000m' } } })
    expect(
      liveDifferences(wanted, undefined, live({ resources: { limits: { cpu: '500m', memory: '1Gi' }, requests: { cpu: '1' } } })),
    ).toEqual([])
    const data = (value: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { size: value } })
    expect(liveDifferences(data('1000m'), undefined, data('1'))).toEqual(['/data/size'])
  })

  it('takes an empty map, an empty list and null for none', () => {
    const wanted = deployment({ image: 'v1', resources: {}, env: [], command: null })
    expect(liveDifferences(wanted, undefined, live({ image: 'v1' }))).toEqual([])
  })

  it('compares stringData of a Secret with its data, and never shows a value', () => {
    const secret = (fields: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...fields })
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    expect(liveDifferences(secret({ stringData: { a: 'one' } }), undefined, secret({ data: { a: base64('one') } }))).toEqual([])
    const found = liveDifferences(secret({ stringData: { a: 'pass-word-9' } }), undefined, secret({ data: { a: base64('two') } }))
    expect(found).toEqual(['/data/a'])
  })

  it('compares plain lists in their order', () => {
    expect(liveDifferences(deployment({ args: ['a', 'b'] }), undefined, live({ args: ['b', 'a'] }))).toEqual([
      '/spec/template/spec/containers[web]/args',
    ])
    expect(liveDifferences(deployment({ args: ['a'] }), deployment({ args: ['a', 'b'] }), live({ args: ['a', 'b'] }))).toEqual([
      '/spec/template/spec/containers[web]/args',
    ])
  })
})

describe('an amount', () => {
  it.each([
    ['500m', 0.5],
    ['1Ki', 1024],
    ['2k', 2000],
    ['1e3', 1000],
    [3, 3],
  ])('%s is %s', (text, amount) => expect(quantityOf(text)).toBe(amount))

  it('is none for other texts', () => {
    expect(['v1', '', '10 Mi', 'Infinity', '1.2.3'].map(quantityOf)).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(isSameQuantity('v1', 'v1')).toBe(false)
  })
})

describe('a manifest', () => {
  it('is read as Helm reads it: YAML 1.1, empty documents left out, lists unfolded', () => {
    const text =
      '---\n# nothing\n---\napiVersion: v1\nkind: ConfigMapList\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data: {on: yes, at: 2026-01-01, time: 12:30:45}\n'
    const [object, ...others] = manifestObjects(text, 'r')
    expect(others).toEqual([])
    expect(object).toMatchObject({ kind: 'ConfigMap', name: 'a', content: { data: { true: true, at: '2026-01-01', time: '12:30:45' } } })
  })

  it('names an object without the version of its API', () => {
    expect(objectKey({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: undefined }, 'shop')).toBe(
      'apps/Deployment/shop/web',
    )
  })

  it.each([
    ['no YAML', 'a: [', 'is no YAML'],
    ['an object without a kind', 'a: 1', 'no apiVersion or kind'],
    ['an object without a name', 'apiVersion: v1\nkind: ConfigMap', 'has no name'],
  ])('that is %s is refused', (_, text, why) => {
    expect(() => manifestObjects(text, 'revision 3')).toThrow(new RegExp(`revision 3.*${why}`))
  })
})
