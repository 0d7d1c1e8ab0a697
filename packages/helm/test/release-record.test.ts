import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { historyOf, lastRecord, recordOf, deployedRecords } from '../src/release-history.ts'
import { decodeRecord } from '../src/release-record.ts'
import { stored, storedAs, storedRelease } from './stored-record.ts'

const ref = { namespace: 'shop', release: 'r', driver: 'secret' } as const
const inSecret = (bytes: string | Buffer): string => Buffer.from(Buffer.from(bytes).toString('base64')).toString('base64')

describe('a release record', () => {
  it('is read from a Secret with two layers of base64, a ConfigMap with one, and without gzip when it is old', () => {
    const release = storedRelease({ version: 3 })
    const [secret, map, legacy] = [storedAs(release), storedAs(release, { kind: 'ConfigMap' }), storedAs(release, { isZipped: false })]
    for (const object of [secret, map, legacy]) {
      expect(decodeRecord(object)).toMatchObject({
        revision: 3,
        status: 'deployed',
        chart: { name: 'shop', version: '0.1.0' },
        manifest: release['manifest'],
      })
    }
    expect(new Set([secret, map, legacy].map((object) => decodeRecord(object).digest)).size).toBe(1)
  })

  it('takes an empty text and the zero time for no time', () => {
    const info = { first_deployed: '', last_deployed: '0001-01-01T00:00:00Z' }
    expect(decodeRecord(storedAs(storedRelease({ version: 1, info })))).toMatchObject({
      firstDeployedAt: undefined,
      lastDeployedAt: undefined,
    })
  })

  it('knows what it went back to from its own field, and from its description as a hint only', () => {
    const rollbackOf = (info: Record<string, string | number>) => decodeRecord(storedAs(storedRelease({ version: 4, info }))).rollbackOf
    expect(rollbackOf({ rollback_revision: 2, description: 'Rollback to 1' })).toEqual({ revision: 2, isHint: false })
    expect(rollbackOf({ description: 'Rollback to 2' })).toEqual({ revision: 2, isHint: true })
    expect(rollbackOf({ description: 'Rolled back by hand to 2' })).toBeUndefined()
  })

  it('was written client-side unless it says otherwise', () => {
    expect(decodeRecord(storedAs(storedRelease({ version: 1 }))).appliedBy).toBe('client')
    expect(decodeRecord(storedAs(storedRelease({ version: 1, apply_method: 'ssa' }))).appliedBy).toBe('server')
  })

  it('is the same content in every revision that goes back to it, whatever else Helm adds', () => {
    const first = decodeRecord(storedAs(storedRelease({ version: 1, info: { status: 'superseded' } })))
    const chart = {
      metadata: { name: 'shop', version: '0.1.0', annotations: {} },
      templates: [{ name: 'templates/shop.yaml', modtime: '0001-01-01T00:00:00Z', data: 'e30=' }],
      values: {},
      files: [],
      lock: null,
    }
    const again = decodeRecord(storedAs(storedRelease({ version: 3, chart, apply_method: 'ssa', info: { description: 'Rollback to 1' } })))
    expect(again.digest).toBe(first.digest)
  })

  it.each([
    ['values', { config: { image: 'v2' } }],
    ['manifest', { manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n' }],
    ['hooks', { hooks: [{ name: 'h', kind: 'Job', manifest: 'kind: Job', events: ['pre-rollback'] }] }],
    ['templates', { chart: { metadata: { name: 'shop', version: '0.1.0' }, templates: [{ name: 'templates/shop.yaml', data: 'e30K' }] } }],
    [
      'chart version',
      { chart: { metadata: { name: 'shop', version: '0.2.0' }, templates: [{ name: 'templates/shop.yaml', data: 'e30=' }] } },
    ],
  ])('is other content with other %s', (_, fields) => {
    const digest = (more: object): string => decodeRecord(storedAs(storedRelease({ version: 1, ...more }))).digest
    expect(digest(fields)).not.toBe(digest({}))
  })

  it.each([
    ['no payload', '', 'no field data.release'],
    ['half a gzip stream', inSecret(gzipSync('{"version":1}').subarray(0, 15)), 'no whole gzip stream'],
    ['no JSON', inSecret('release'), 'it is no JSON'],
    ['another shape', inSecret('{"name":"r"}'), 'is not as Helm writes it'],
  ])('with %s is refused with what is wrong', (_, payload, why) => {
    expect(() => decodeRecord(stored('x', payload))).toThrow(why)
  })

  it('that would fill the memory is refused', () => {
    const bomb = inSecret(gzipSync(Buffer.alloc(80 * 1024 * 1024)))
    expect(() => decodeRecord(stored('x', bomb))).toThrow('more than 64 MiB')
  })

  it('never shows its content when it is refused', () => {
    const release = { ...storedRelease({ version: 1 }), config: 'pass-word-9' }
    const message = ((): string => {
      try {
        return decodeRecord(storedAs(release)).digest
      } catch (error) {
        return String(error)
      }
    })()
    expect(message).toContain('config')
    expect(message).not.toContain('pass-word-9')
  })
})

describe('the history of a release', () => {
  const records = [1, 2, 10].map((version) =>
    storedAs(storedRelease({ version, info: { status: version === 10 ? 'failed' : 'deployed' } })),
  )

  it('is ordered by number, and its newest record counts whatever its status', () => {
    const history = historyOf(records.toReversed())
    expect(history.records.map(({ revision }) => revision)).toEqual([1, 2, 10])
    expect(lastRecord(history, ref)).toMatchObject({ revision: 10, status: 'failed' })
    expect(deployedRecords(history).map(({ revision }) => revision)).toEqual([1, 2])
  })

  it('names a record that cannot be read, and goes on with the others', () => {
    const history = historyOf([...records, stored('sh.helm.release.v1.r.v5', 'broken')])
    expect(history.unreadable).toMatchObject([{ revision: 5, name: 'sh.helm.release.v1.r.v5' }])
    expect(lastRecord(history, ref).revision).toBe(10)
    expect(() => recordOf(history, 5, ref)).toThrow('cannot be read')
  })

  it('refuses everything when the newest record cannot be read', () => {
    const history = historyOf([...records, stored('sh.helm.release.v1.r.v11', 'broken')])
    expect(() => lastRecord(history, ref)).toThrow('v11')
  })

  it('says which revisions there are when the wanted one is not', () => {
    expect(() => recordOf(historyOf(records), 3, ref)).toThrow('r has no revision 3; it has 1, 2, 10')
    expect(() => lastRecord(historyOf([]), ref)).toThrow('There is no release r in namespace shop')
  })
})
