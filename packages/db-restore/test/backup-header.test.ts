import { describe, expect, it } from 'vitest'
import { factsOfList, formatOf, scanPlain } from '../src/backup-header.ts'

const tar = Buffer.concat([Buffer.from('toc.dat'), Buffer.alloc(250), Buffer.from('ustar'), Buffer.alloc(250)])

describe('a backup', () => {
  it('is known by its first bytes, whatever it is called', () => {
    const heads = [
      Buffer.from('PGDMP\u0001'),
      Buffer.from([0x1f, 0x8b, 8]),
      tar,
      Buffer.from('--\n-- PostgreSQL database dump\n--'),
      Buffer.from('hello'),
      Buffer.alloc(0),
    ]
    expect(heads.map(formatOf)).toEqual(['custom', 'gzip', 'tar', 'plain', undefined, undefined])
  })

  it('as an archive tells its versions, owners, extensions and tables', () => {
    const listing = `;
; Archive created at 2026-11-23 02:18:20 UTC
;     dbname: shop
;     Dumped from database version: 16.14
;     Dumped by pg_dump version: 18.4
;
2; 3079 16385 EXTENSION - pg_trgm${' '}
3401; 0 0 COMMENT - EXTENSION pg_trgm${' '}
218; 1259 16389 TABLE public orders shop_owner
3390; 0 16389 TABLE DATA public orders shop_owner
`
    expect(factsOfList(listing, 'custom')).toEqual({
      format: 'custom',
      database: 'shop',
      serverVersion: '16.14',
      toolVersion: '18.4',
      tables: 1,
      owners: ['shop_owner'],
      extensions: ['pg_trgm'],
    })
  })
})

describe('an SQL text', () => {
  const scan = (text: string) => {
    const scanned = scanPlain('/backups/shop.sql')
    text.split('\n').forEach((line) => scanned.line(line))
    return scanned
  }

  it('is complete only with its last line', () => {
    const head = '-- PostgreSQL database dump\nALTER TABLE public.orders OWNER TO "Shop";\nCOPY public.orders (id) FROM stdin;\n1\n\\.\n'
    expect(scan(head).isComplete()).toBe(false)
    const whole = scan(`${head}-- PostgreSQL database dump complete`)
    expect(whole.isComplete()).toBe(true)
    expect(whole.facts('plain')).toMatchObject({ owners: ['Shop'], tables: 1 })
  })

  it.each([
    '\\connect shop',
    '\\c shop',
    'CREATE DATABASE shop WITH TEMPLATE = template0;',
    'DROP DATABASE shop;',
    '-- PostgreSQL database cluster dump',
  ])('that leaves its database is refused: %s', (line) => {
    expect(() => scan(line)).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }) as Error)
  })

  it('may hold rows that look like commands', () => {
    expect(scan('COPY public.notes (text) FROM stdin;\nDROP DATABASE shop;\n\\.\n').isComplete()).toBe(false)
  })
})
