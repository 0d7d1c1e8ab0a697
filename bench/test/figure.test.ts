import { describe, expect, it } from 'vitest'
import { figureLine, infoLine } from '../figure.ts'

describe('a figure', () => {
  it('is one line: name, value, target, verdict', () => {
    expect(figureLine({ name: 'sequence', value: 1.2345, unit: 'x', target: { atMost: 1.3 } })).toBe('sequence 1.23x <=1.3x ok')
    expect(figureLine({ name: 'rate', value: 12345.6, unit: '/s', target: { atLeast: 10000 } })).toBe('rate 12346/s >=10000/s ok')
  })

  it('is missed on the wrong side of its target', () => {
    expect(figureLine({ name: 'sequence', value: 1.31, unit: 'x', target: { atMost: 1.3 } })).toBe('sequence 1.31x <=1.3x missed')
    expect(figureLine({ name: 'rate', value: 9, unit: '/s', target: { atLeast: 10 } })).toBe('rate 9/s >=10/s missed')
  })

  it('is missed when nothing was measured', () => {
    expect(figureLine({ name: 'sequence', value: Number.NaN, unit: 'x', target: { atMost: 1.3 } })).toMatch(/ missed$/)
  })

  it('without a target is shown for information', () => {
    expect(infoLine({ name: 'other-tool', value: 1935.4, unit: 'us' })).toBe('other-tool 1935us info')
  })
})
