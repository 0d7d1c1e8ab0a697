import type { RollbackError, RunRecord } from '@backstep/core'
import { corruptFile, corruptLine, newerFormat } from './journal-errors.ts'
import { decodeLine } from './record-line.ts'
import type { ChainPosition, JournalEntry } from './record-line.ts'

/** A place in a journal that is known from elsewhere: the journal must still pass through it. */
export interface Anchor {
  /** Number of the last record at that moment. */
  readonly seq: number
  readonly head: string
}

export interface ExpectedJournal {
  /** For messages. */
  readonly path: string
  readonly runId: string
  /** sha256 of plan.json. */
  readonly planHash: string
  readonly anchor?: Anchor
}

/** A journal of which every line was checked. */
export interface VerifiedJournal {
  readonly records: readonly RunRecord[]
  /** Where the next line continues. `epoch` is that of the last writer. */
  readonly next: ChainPosition
  /** Length of the good part. */
  readonly bytes: number
  /** What follows the good part: the beginning of a record that its writer never finished. 0: nothing. */
  readonly tornBytes: number
}

const newline = 0x0a

/**
 * Reads a journal in order, in constant memory besides its records.
 *
 * What follows the last newline is a torn record: its writer died before it was acknowledged. The same for a last line with NUL bytes in it,
 * which is a block that never reached the disk. Everything else that does not fit was changed after it was written, and is refused.
 *
 * @throws RollbackError `JOURNAL_CORRUPT` with the line and what is wrong with it.
 */
export async function verifyJournal(source: AsyncIterable<Buffer>, expected: ExpectedJournal): Promise<VerifiedJournal> {
  const reader = lineReader(expected)
  let open: Buffer[] = []
  let tornBytes = 0
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end)
      reader.take(open.length === 0 ? piece : Buffer.concat([...open, piece]))
      if (open.length > 0) open = []
      tornBytes = 0
      start = end + 1
    }
    if (start < chunk.length) open.push(chunk.subarray(start))
    tornBytes += chunk.length - start
  }
  return reader.finish(tornBytes)
}

function lineReader(expected: ExpectedJournal): { take: (line: Buffer) => void; finish: (tornBytes: number) => VerifiedJournal } {
  const { path, anchor } = expected
  const records: RunRecord[] = []
  let next: ChainPosition = { seq: 0, epoch: 0, head: expected.planHash }
  let bytes = 0
  let hole: { readonly error: RollbackError; readonly bytes: number } | undefined

  const take = (line: Buffer): void => {
    if (hole !== undefined) throw hole.error
    const decoded = decodeLine(line, next)
    if ('problem' in decoded) {
      if (decoded.isNewer === true) throw newerFormat(path, `line ${next.seq + 1}: ${decoded.problem}`)
      const error = corruptLine(path, next.seq + 1, decoded.problem)
      if (!line.includes(0)) throw error
      hole = { error, bytes: line.length + 1 }
      return
    }
    keep(decoded.entry, next.seq, expected, records)
    bytes += line.length + 1
    if (anchor?.seq === next.seq && anchor.head !== decoded.hash) {
      throw corruptLine(path, next.seq + 1, 'it is another record than the one that stood there when the journal was opened or closed last')
    }
    next = { seq: next.seq + 1, epoch: decoded.epoch, head: decoded.hash }
  }

  const finish = (tornBytes: number): VerifiedJournal => {
    if (next.seq === 0) throw corruptFile(path, bytes + tornBytes === 0 ? 'is empty' : 'holds not even its first line')
    if (anchor !== undefined && anchor.seq >= next.seq) {
      throw corruptFile(path, `ends after line ${next.seq}, but had ${anchor.seq + 1} lines when it was opened or closed last: it was cut`)
    }
    return { records, next, bytes, tornBytes: tornBytes + (hole?.bytes ?? 0) }
  }
  return { take, finish }
}

function keep(entry: JournalEntry, seq: number, expected: ExpectedJournal, records: RunRecord[]): void {
  if (entry.type !== 'journal.begun') {
    if (seq === 0) throw corruptLine(expected.path, 1, 'it is not the beginning of a journal')
    records.push(entry)
  } else if (seq > 0 || entry.run !== expected.runId) {
    throw corruptLine(expected.path, seq + 1, `it begins the journal of run ${entry.run}`)
  }
}
