import { describe, expect, it } from 'vitest'
import { valueAt, withValue } from '../src/release-values.ts'

describe('a value of a release', () => {
  const values = { image: { tag: '2', pullPolicy: 'Always' }, replicas: 3 }

  it('is found by its path', () => {
    expect(valueAt(values, 'image.tag')).toBe('2')
    expect(valueAt(values, 'image')).toEqual(values.image)
    expect(valueAt(values, 'replicas.none')).toBeUndefined()
  })

  it('is changed in a copy, and nothing else', () => {
    expect(withValue(values, 'image.tag', '1')).toEqual({ image: { tag: '1', pullPolicy: 'Always' }, replicas: 3 })
    expect(withValue(values, 'database.port', 5432)).toEqual({ ...values, database: { port: 5432 } })
    expect(values.image.tag).toBe('2')
  })

  it('is taken away where there is none any more', () => {
    expect(withValue(values, 'image.tag', undefined)).toEqual({ image: { pullPolicy: 'Always' }, replicas: 3 })
    expect(withValue(values, 'database.port', undefined)).toEqual(values)
  })
})
