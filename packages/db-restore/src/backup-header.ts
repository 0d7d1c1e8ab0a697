import { RollbackError } from '@backstep/core'
import type { BackupFacts, BackupFormat } from './backup.ts'

const magic = Buffer.from('PGDMP')
const tarMark = Buffer.from('ustar')

/** The format of a file by its first bytes; `undefined` for one that is no backup. 512 bytes are enough. */
export function formatOf(head: Buffer): BackupFormat | undefined {
  if (head.subarray(0, 5).equals(magic)) return 'custom'
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head.subarray(257, 262).equals(tarMark) && head.subarray(0, 7).toString('latin1') === 'toc.dat') return 'tar'
  return /^(?:--\s*\n)?-- PostgreSQL database (?:cluster )?dump/.test(head.toString('latin1')) ? 'plain' : undefined
}

/** What `pg_restore --list` says of an archive. Its entries end with the name of their owner. */
export function factsOfList(listing: string, format: BackupFormat): BackupFacts {
  const entries = listing.split('\n').filter((line) => /^\d+; /.test(line))
  const owned = entries.map((line) => /^\d+; \d+ \d+ (.+)$/.exec(line)?.[1] ?? '').filter((entry) => !isOwnerless(entry))
  return {
    format,
    database: header(listing, 'dbname'),
    serverVersion: header(listing, 'Dumped from database version'),
    toolVersion: header(listing, 'Dumped by pg_dump version'),
    tables: entries.filter((line) => / TABLE DATA /.test(line)).length,
    owners: sortedSet(owned.map((entry) => entry.split(' ').at(-1) ?? '')),
    extensions: sortedSet(entries.map((line) => / EXTENSION - (\S+) /.exec(line)?.[1] ?? '')),
  }
}

/** Lines of an SQL dump that matter, gathered while it is read. Text inside of rows is skipped. */
export interface PlainScan {
  line(text: string): void
  facts(format: BackupFormat): BackupFacts
  /** The last line that is not empty. */
  isComplete(): boolean
}

/**
 * Reads an SQL dump line by line.
 *
 * @throws RollbackError `NOT_SUPPORTED` for text that would leave the database it is restored into: `\connect`, `CREATE DATABASE`, a dump of
 * a whole cluster.
 */
export function scanPlain(path: string): PlainScan {
  const owners = new Set<string>()
  const extensions = new Set<string>()
  const said = { serverVersion: '', toolVersion: '' }
  let tables = 0
  let isInRows = false
  let isComplete = false
  return {
    line(text) {
      if (isInRows) {
        isInRows = text !== '\\.'
        return
      }
      refuseLeaving(path, text)
      isComplete ||= text.startsWith('-- PostgreSQL database dump complete')
      if (/^COPY .* FROM stdin;$/.test(text)) isInRows = true
      if (isInRows || text.startsWith('INSERT INTO ')) tables++
      add(owners, /^ALTER .* OWNER TO (.+);$/.exec(text)?.[1])
      add(extensions, /^CREATE EXTENSION (?:IF NOT EXISTS )?(\S+)/.exec(text)?.[1])
      said.serverVersion ||= /^-- Dumped from database version (.+)$/.exec(text)?.[1] ?? ''
      said.toolVersion ||= /^-- Dumped by pg_dump version (.+)$/.exec(text)?.[1] ?? ''
    },
    facts: (format) => ({ format, database: '', ...said, tables, owners: [...owners].toSorted(), extensions: [...extensions].toSorted() }),
    isComplete: () => isComplete && !isInRows,
  }
}

function refuseLeaving(path: string, text: string): void {
  if (!/^(?:\\c(?:onnect)?\s|CREATE DATABASE |DROP DATABASE |-- PostgreSQL database cluster dump)/.test(text)) return
  throw new RollbackError('NOT_SUPPORTED', `${path} names the database it goes into (${text.slice(0, 60).trim()})`, {
    hint: 'Take a dump without --create, of one database: this one could be restored over the live data.',
  })
}

function add(names: Set<string>, name: string | undefined): void {
  if (name !== undefined) names.add(name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)
}

function header(listing: string, name: string): string {
  return new RegExp(`^; +${name}: (.+)$`, 'm').exec(listing)?.[1]?.trim() ?? ''
}

/** Entries of pg_dump that belong to nobody: an extension and its comment, settings of the dump itself. */
function isOwnerless(entry: string): boolean {
  return /^(?:EXTENSION|COMMENT|ENCODING|STDSTRINGS|SEARCHPATH|DATABASE) /.test(entry)
}

function sortedSet(names: readonly string[]): string[] {
  return [...new Set(names.filter((name) => name !== ''))].toSorted()
}
