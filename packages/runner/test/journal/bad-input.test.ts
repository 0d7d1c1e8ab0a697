import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RollbackErrorCode } from '@backstep/core'
import { afterAll, describe, expect, it } from 'vitest'
import { fileStore } from '../../src/journal/file-store.ts'
import { encodeLine, sha256 } from '../../src/journal/record-line.ts'
import type { JournalEntry } from '../../src/journal/record-line.ts'
import type { RunStore } from '../../src/store.ts'
import { rejection } from './expect-error.ts'
import { created, intended, noted, samplePlan } from './samples.ts'

interface Files {
  plan: string
  /** Without newlines; the last is the empty text behind the last newline. */
  lines: string[]
  lock: string | undefined
}

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** A finished run of four lines: the header and three records. */
async function finishedRun(store: RunStore, runId: string): Promise<void> {
  const writer = await store.create(runId, samplePlan)
  await writer.append([created(runId), intended(1), noted(2)])
  await writer.close()
}

async function damagedRun(damage: (files: Files, other: Files) => void): Promise<{ store: RunStore; folder: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'backstep-bad-'))
  folders.push(directory)
  const store = fileStore({ directory })
  await finishedRun(store, 'r1')
  await finishedRun(store, 'other')
  const folder = join(directory, 'runs', 'r1')
  const [files, other] = await Promise.all([filesOf(folder), filesOf(join(directory, 'runs', 'other'))])
  damage(files, other)
  await writeFile(join(folder, 'plan.json'), files.plan)
  await writeFile(join(folder, 'journal.jsonl'), files.lines.join('\n'))
  await (files.lock === undefined ? rm(join(folder, 'lock.json')) : writeFile(join(folder, 'lock.json'), files.lock))
  return { store, folder }
}

async function filesOf(folder: string): Promise<Files> {
  const [plan, journal, lock] = await Promise.all(
    ['plan.json', 'journal.jsonl', 'lock.json'].map((name) => readFile(join(folder, name), 'utf8')),
  )
  return { plan: plan!, lines: journal!.split('\n'), lock }
}

/** Everything in a folder except the lock itself, which holds nothing. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== 'lock.db').toSorted()
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'base64')] as const)))
}

/** Lines that are right in themselves, as somebody who knows the format would forge them. */
function chain(plan: string, entries: readonly (readonly [epoch: number, entry: JournalEntry])[]): string[] {
  let head = sha256(plan)
  const lines = entries.map(([epoch, entry], seq) => {
    const line = encodeLine(entry, { seq, epoch, head })
    head = line.hash
    return line.bytes.toString('utf8').trimEnd()
  })
  return [...lines, '']
}

const header: JournalEntry = { at: 0, type: 'journal.begun', run: 'r1' }

async function refuses(damage: (files: Files, other: Files) => void, code: RollbackErrorCode, message: RegExp): Promise<void> {
  const { store, folder } = await damagedRun(damage)
  const before = await contentsOf(folder)
  for (const attempt of [() => store.read('r1'), () => store.open('r1')]) {
    const error = await rejection(attempt(), code)
    expect(error.message).toMatch(message)
    expect(error.message).toContain(folder)
  }
  expect(await contentsOf(folder)).toEqual(before)
}

const cases: readonly (readonly [what: string, damage: (files: Files, other: Files) => void, message: RegExp])[] = [
  ['a journal that is empty', (files) => (files.lines = ['']), /journal\.jsonl is empty/],
  ['a journal cut inside its first line', (files) => (files.lines = [files.lines[0]!.slice(0, 80)]), /not even its first line/],
  ['a journal cut after a whole record', (files) => files.lines.splice(3, 1), /ends after line 3, but had 4 lines/],
  [
    'a journal cut inside a record that was whole when the run was closed',
    (files) => files.lines.splice(3, 2, files.lines[3]!.slice(0, 50)),
    /it was cut/,
  ],
  ['a record taken out of the middle', (files) => files.lines.splice(2, 1), /line 3 .*record 3 where record 2 belongs/],
  [
    'two records in the wrong order',
    (files) => files.lines.splice(1, 2, files.lines[2]!, files.lines[1]!),
    /line 2 .*record 2 where record 1 belongs/,
  ],
  ['a record that stands there twice', (files) => files.lines.splice(2, 0, files.lines[1]!), /line 3 .*record 1 where record 2 belongs/],
  ['an edited record', (files) => (files.lines[2] = files.lines[2]!.replace('"attempt":1', '"attempt":2')), /line 3 .*checksum/],
  ['half a record before whole ones', (files) => (files.lines[2] = files.lines[2]!.slice(0, 90)), /line 3 .*does not end like a record/],
  ['a hole of NUL bytes before whole records', (files) => (files.lines[1] = '\0'.repeat(200)), /line 2 /],
  ['a line that is no record', (files) => files.lines.splice(4, 0, 'all good here'), /line 5 .*does not end like a record/],
  ['a blank line at the end', (files) => files.lines.splice(4, 0, ''), /line 5 /],
  [
    'the journal of another run of the same plan',
    (files, other) => (files.lines = other.lines),
    /line 1 .*begins the journal of run other/,
  ],
  [
    'a plan that was edited',
    (files) => (files.plan = files.plan.replace('halt', 'compensate')),
    /line 1 .*does not belong to the plan in plan\.json/,
  ],
  ['a plan that was cut', (files) => (files.plan = files.plan.slice(0, 100)), /line 1 .*does not belong to the plan in plan\.json/],
  ['a plan that is empty', (files) => (files.plan = ''), /line 1 .*does not belong to the plan in plan\.json/],
  [
    'a record of a newer version',
    (files) => (files.lines[2] = files.lines[2]!.replace('"v":1', '"v":2')),
    /newer version of Backstep: line 3: it has format version 2/,
  ],
  ['a last record of a newer version', (files) => (files.lines[3] = '{"v":12,"what":"ever"}'), /newer version of Backstep: line 4/],
  [
    'a first line that is a record',
    (files) => (files.lines = chain(files.plan, [[1, created('r1')]])),
    /line 1 .*not the beginning of a journal/,
  ],
  [
    'a beginning in the middle',
    (files) =>
      (files.lines = chain(files.plan, [
        [1, header],
        [1, created('r1')],
        [1, header],
      ])),
    /line 3 .*begins the journal/,
  ],
  [
    'a writer that went on after it was replaced',
    (files) =>
      (files.lines = chain(files.plan, [
        [1, header],
        [2, created('r1')],
        [1, intended(1)],
      ])),
    /line 3 .*epoch is 1 after epoch 2/,
  ],
  [
    'an edited record with a new checksum',
    (files) => {
      const forged = chain(files.plan, [
        [1, header],
        [1, created('r1')],
        [1, intended(7)],
      ])
      const ours = encodeLine(intended(7), { seq: 2, epoch: 1, head: sha256(files.lines[1]!) })
        .bytes.toString('utf8')
        .trimEnd()
      files.lines[2] = ours
      expect(forged).toHaveLength(4)
    },
    /line 4 .*does not continue the line before it/,
  ],
  [
    'a journal that was forged from its first line on',
    (files) =>
      (files.lines = chain(files.plan, [
        [1, header],
        [1, created('r1')],
        [1, intended(7)],
        [1, noted(2)],
      ])),
    /line 4 .*another record than the one that stood there/,
  ],
]

describe('a damaged run is refused, and nothing of it is touched', () => {
  for (const [what, damage, message] of cases) {
    it(what, async () => {
      expect(await refusals(damage)).toEqual(bothRefuse('JOURNAL_CORRUPT', message))
    })
  }

  it('a plan of a newer version', () =>
    refuses(
      (files) => {
        files.plan = files.plan.replace('backstep-plan/v1', 'backstep-plan/v2')
        files.lines = chain(files.plan, [
          [1, header],
          [1, created('r1')],
        ])
        files.lock = undefined
      },
      'JOURNAL_CORRUPT',
      /newer version of Backstep: its format is "backstep-plan\/v2"/,
    ))

  it('a journal that is missing', async () => {
    const { store, folder } = await damagedRun(() => {})
    await rm(join(folder, 'journal.jsonl'))
    for (const attempt of [() => store.read('r1'), () => store.open('r1')]) {
      expect((await rejection(attempt(), 'JOURNAL_CORRUPT')).message).toMatch(/journal\.jsonl is missing beside its plan/)
    }
    await rejection(store.create('r1', samplePlan), 'JOURNAL_CONFLICT')
  })

  it('a plan that is missing', async () => {
    const { store, folder } = await damagedRun(() => {})
    await rm(join(folder, 'plan.json'))
    for (const attempt of [() => store.read('r1'), () => store.open('r1')]) {
      expect((await rejection(attempt(), 'JOURNAL_CORRUPT')).message).toMatch(/plan\.json is missing beside its journal/)
    }
    await rejection(store.create('r1', samplePlan), 'JOURNAL_CONFLICT')
  })

  it('a folder that is missing, leaving no trace of the question', async () => {
    const { store, folder } = await damagedRun(() => {})
    await rm(folder, { recursive: true })
    for (const attempt of [() => store.read('r1'), () => store.open('r1')]) await rejection(attempt(), 'RUN_NOT_FOUND')
    await expect(readdir(folder)).rejects.toThrow('ENOENT')
  })

  it('a note of the last writer that is damaged does not matter', async () => {
    for (const lock of ['', '{"pid":1', 'null', '{"anchor":{"seq":"x"}}']) {
      const { store } = await damagedRun((files) => (files.lock = lock))
      expect((await store.read('r1')).records).toHaveLength(3)
      await (await store.open('r1')).close()
    }
  })
})
