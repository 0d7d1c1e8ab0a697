import { hash as digest } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { RollbackError } from '@backstep/core'
import type { RunRecord } from '@backstep/core'
import { assertPlainData } from './plain-data.ts'

/** The version of the line format that this code writes. Lines of a greater one are refused. */
export const formatVersion = 1

/** The first line of every journal: whose journal it is. Not part of the run's records. */
export interface JournalHeader {
  readonly at: number
  readonly type: 'journal.begun'
  readonly run: string
}
export type JournalEntry = RunRecord | JournalHeader

/** What the next line must continue. */
export interface ChainPosition {
  readonly seq: number
  readonly epoch: number
  /** sha256 of the line before without its newline; for the first line: sha256 of plan.json. */
  readonly head: string
}

export interface EncodedLine {
  /** With the newline. */
  readonly bytes: Buffer
  readonly hash: string
}

const envelopeNames = ['v', 'seq', 'prev', 'crc'] as const
const prevStart = ',"prev":"'
const crcStart = '","crc":"'
const hashLength = 64
/** Of `","crc":"00000000"}` without its first quote, which the checksum still covers. */
const suffixLength = crcStart.length - 1 + 8 + 2
const tailLength = prevStart.length + hashLength + 1 + suffixLength
const envelopePattern = /^\{"v":1,"seq":(\d+),"epoch":(\d+),"at":"([^"]+)",(?="type":")/

/** End of the year 9999: later times have another length as text. */
const lastMoment = 253_402_300_799_999
let lastSecond = { number: -1, text: '' }

/** `toISOString` with the text of the last second kept: records come close together, and this is on the way of every one. */
function isoText(at: number): string {
  const number = Math.floor(at / 1000)
  if (number !== lastSecond.number) lastSecond = { number, text: new Date(number * 1000).toISOString().slice(0, -4) }
  return `${lastSecond.text}${String(at - number * 1000).padStart(3, '0')}Z`
}

/** The hash that chains lines. */
export function sha256(bytes: string | Uint8Array): string {
  return digest('sha256', bytes, 'hex')
}

/**
 * One record as one line: `{"v":1,"seq":…,"epoch":…,"at":"…","type":"…",…,"prev":"…","crc":"…"}`.
 *
 * `at` is ISO text with milliseconds, `prev` the sha256 of the line before, `crc` the crc32 (hex) of all bytes of this line before `,"crc"`.
 *
 * @throws RollbackError `INTERNAL` when the record is not plain data or uses a name of the envelope.
 */
export function encodeLine(entry: JournalEntry, position: ChainPosition): EncodedLine {
  assertFitsEnvelope(entry, position.epoch)
  const covered = `{"v":1,"seq":${position.seq},"epoch":${position.epoch},"at":"${isoText(entry.at)}",${fieldsOf(entry)},"prev":"${position.head}"`
  const room = roomFor(covered)
  const { bytes, used: start } = room
  const suffix = start + bytes.write(covered, start)
  const checksum = crc32(bytes.subarray(start, suffix)).toString(16).padStart(8, '0')
  const end = suffix + bytes.write(`,"crc":"${checksum}"}\n`, suffix, 'latin1')
  room.used = end
  return { bytes: bytes.subarray(start, end), hash: sha256(bytes.subarray(start, end - 1)) }
}

interface Room {
  readonly bytes: Buffer
  used: number
}

const roomBytes = 65_536
let lastRoom: Room = { bytes: Buffer.alloc(0), used: 0 }

/** Lines lie one behind the other in memory, so that those of one sync are written as they are. Nothing is ever written there twice. */
function roomFor(text: string): Room {
  const needed = text.length * 3 + suffixLength + 1
  if (lastRoom.used + needed <= lastRoom.bytes.length) return lastRoom
  const room = { bytes: Buffer.allocUnsafeSlow(Math.max(roomBytes, needed)), used: 0 }
  if (needed <= roomBytes) lastRoom = room
  return room
}

/** `type` and the fields that are not of the envelope, as JSON without braces. Most entries end with their time, which is cut off. */
function fieldsOf(entry: JournalEntry): string {
  const text = JSON.stringify(entry)
  const end = `,"at":${entry.at}}`
  if (text.startsWith('{"type":') && text.endsWith(end) && !('epoch' in entry)) return text.slice(1, -end.length)
  const { at: _at, type, epoch: _epoch, ...rest } = entry as JournalEntry & { readonly epoch?: number }
  return JSON.stringify({ type, ...rest }).slice(1, -1)
}

function assertFitsEnvelope(entry: JournalEntry & { readonly epoch?: number }, epoch: number): void {
  const { at, type } = entry
  if (!Number.isSafeInteger(at) || at < 0 || at > lastMoment) {
    throw new RollbackError('INTERNAL', `${type}.at is ${at}, which is no whole number of milliseconds since 1970`, {
      hint: 'Give the runner a clock whose now() returns whole milliseconds since 1970.',
    })
  }
  const taken = envelopeNames.find((name) => name in entry)
  if (taken !== undefined || (entry.epoch !== undefined && entry.epoch !== epoch)) {
    throw new RollbackError('INTERNAL', `The field ${taken ?? 'epoch'} of a ${type} record belongs to the journal itself`, {
      hint: 'Give the field of this record another name; an epoch must be the one of its writer.',
    })
  }
  assertPlainData(entry, type)
}

export type DecodedLine =
  | { readonly entry: JournalEntry; readonly epoch: number; readonly hash: string }
  | { readonly problem: string; readonly isNewer?: true }

/** Reads one line (without its newline) and checks everything that can be checked about it. */
export function decodeLine(line: Buffer, position: ChainPosition): DecodedLine {
  const text = line.toString('utf8')
  const version = text.startsWith('{"v":1,') ? formatVersion : Number(/^\{"v":(\d{1,9}),/.exec(text)?.[1] ?? formatVersion)
  if (version > formatVersion) return { problem: `it has format version ${version}`, isNewer: true }
  const tail = text.length - tailLength
  const hasTail = text.startsWith(prevStart, tail) && text.startsWith(crcStart, tail + prevStart.length + hashLength) && text.endsWith('"}')
  if (tail < 0 || !hasTail) return { problem: 'it does not end like a record' }
  const checksum = Number(`0x${text.slice(-10, -2)}`)
  if (crc32(line.subarray(0, line.length - suffixLength)) !== checksum) return { problem: 'its checksum does not match' }
  const envelope = envelopePattern.exec(text)
  if (envelope === null) return { problem: 'it does not begin like a record' }
  const problem = chainProblem(envelope, text.slice(tail + prevStart.length, tail + prevStart.length + hashLength), position)
  if (problem !== undefined) return { problem }
  const entry = parseEntry(envelope, text.slice(envelope[0].length, tail))
  return entry === undefined ? { problem: 'it is not JSON' } : { entry, epoch: Number(envelope[2]), hash: sha256(line) }
}

function chainProblem([, seq, epoch]: RegExpExecArray, prev: string, position: ChainPosition): string | undefined {
  if (Number(seq) !== position.seq) return `it is record ${seq} where record ${position.seq} belongs: records are missing or out of order`
  if (prev !== position.head) {
    return position.seq === 0
      ? 'it does not belong to the plan in plan.json'
      : 'it does not continue the line before it: one of the two was changed'
  }
  if (Number(epoch) >= position.epoch) return undefined
  return `its epoch is ${epoch} after epoch ${position.epoch}: a writer went on after it was replaced`
}

function parseEntry([, , epoch, at]: RegExpExecArray, fields: string): JournalEntry | undefined {
  const writerEpoch = fields.startsWith('"type":"run.resumed"') ? `,"epoch":${epoch}` : ''
  try {
    return JSON.parse(`{"at":${Date.parse(at as string)},${fields}${writerEpoch}}`) as JournalEntry
  } catch {
    return undefined
  }
}
