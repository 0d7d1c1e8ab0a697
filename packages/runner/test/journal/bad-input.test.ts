import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeLine, sha256 } from '../../src/journal/record-line.ts'
import type { JournalEntry } from '../../src/journal/record-line.ts'
import { chain, contentsOf, damagedRun, refusals, removeDamagedRuns } from './damaged-run.ts'
import type { Damage, RunFiles } from './damaged-run.ts'
import { rejection } from './expect-error.ts'
import { created, intended, noted, samplePlan } from './samples.ts'

afterEach(removeDamagedRuns)

const header: JournalEntry = { at: 0, type: 'journal.begun', run: 'r1' }
const line = (number: number, problem: string): string =>
  `JOURNAL_CORRUPT <run>/journal.jsonl line ${number} is not what was written: ${problem}`
const other = 'it is another record than the one that stood there when the journal was opened or closed last'
const newer = 'JOURNAL_CORRUPT <run>/journal.jsonl was written by a newer version of Backstep: '
const noPlan = line(1, 'it does not belong to the plan in plan.json')

function forge(files: RunFiles, entries: Parameters<typeof chain>[1]): void {
  files.lines = chain(files.plan, entries)
}

const cases: readonly (readonly [what: string, said: string, damage: Damage])[] = [
  ['a journal that is empty', 'JOURNAL_CORRUPT <run>/journal.jsonl is empty', (files) => (files.lines = [''])],
  [
    'a journal cut inside its first line',
    'JOURNAL_CORRUPT <run>/journal.jsonl holds not even its first line',
    (files) => (files.lines = [files.lines[0]!.slice(0, 80)]),
  ],
  [
    'a journal cut after a whole record',
    'JOURNAL_CORRUPT <run>/journal.jsonl ends after line 3, but had 4 lines when it was opened or closed last: it was cut',
    (files) => files.lines.splice(3, 1),
  ],
  [
    'a journal cut inside a record that was whole when the run was closed',
    'JOURNAL_CORRUPT <run>/journal.jsonl ends after line 3, but had 4 lines when it was opened or closed last: it was cut',
    (files) => files.lines.splice(3, 2, files.lines[3]!.slice(0, 50)),
  ],
  [
    'a record taken out of the middle',
    line(3, 'it is record 3 where record 2 belongs: records are missing or out of order'),
    (files) => files.lines.splice(2, 1),
  ],
  [
    'two records in the wrong order',
    line(2, 'it is record 2 where record 1 belongs: records are missing or out of order'),
    (files) => files.lines.splice(1, 2, files.lines[2]!, files.lines[1]!),
  ],
  [
    'a record that stands there twice',
    line(3, 'it is record 1 where record 2 belongs: records are missing or out of order'),
    (files) => files.lines.splice(2, 0, files.lines[1]!),
  ],
  [
    'an edited record',
    line(3, 'its checksum does not match'),
    (files) => (files.lines[2] = files.lines[2]!.replace('"attempt":1', '"attempt":2')),
  ],
  ['half a record before whole ones', line(3, 'it does not end like a record'), (files) => (files.lines[2] = files.lines[2]!.slice(0, 90))],
  ['a hole of NUL bytes before whole records', line(2, 'it does not end like a record'), (files) => (files.lines[1] = '\0'.repeat(200))],
  ['a line that is no record', line(5, 'it does not end like a record'), (files) => files.lines.splice(4, 0, 'all good here')],
  ['a blank line at the end', line(5, 'it does not end like a record'), (files) => files.lines.splice(4, 0, '')],
  [
    'the journal of another run of the same plan',
    line(1, 'it begins the journal of run other'),
    (files, { lines }) => (files.lines = lines),
  ],
  ['a plan that was edited', noPlan, (files) => (files.plan = files.plan.replace('halt', 'compensate'))],
  ['a plan that was cut', noPlan, (files) => (files.plan = files.plan.slice(0, 100))],
  ['a plan that is empty', noPlan, (files) => (files.plan = '')],
  [
    'a record of a newer version',
    `${newer}line 3: it has format version 2`,
    (files) => (files.lines[2] = files.lines[2]!.replace('"v":1', '"v":2')),
  ],
  ['a last record of a newer version', `${newer}line 4: it has format version 12`, (files) => (files.lines[3] = '{"v":12,"what":"ever"}')],
  ['a first line that is a record', line(1, 'it is not the beginning of a journal'), (files) => forge(files, [[1, created('r1')]])],
  [
    'a beginning in the middle',
    line(3, 'it begins the journal of run r1'),
    (files) =>
      forge(
        files,
        [header, created('r1'), header].map((entry) => [1, entry]),
      ),
  ],
  [
    'a writer that went on after it was replaced',
    line(3, 'its epoch is 1 after epoch 2: a writer went on after it was replaced'),
    (files) =>
      forge(
        files,
        [header, created('r1'), intended(1)].map((entry, index) => [index === 1 ? 2 : 1, entry]),
      ),
  ],
  [
    'an edited record with a new checksum',
    line(4, 'it does not continue the line before it: one of the two was changed'),
    (files) => {
      const edited = encodeLine(intended(7), { seq: 2, epoch: 1, head: sha256(files.lines[1]!) })
      files.lines[2] = edited.bytes.toString('utf8').trimEnd()
    },
  ],
  [
    'an edited last record with a new checksum',
    line(4, other),
    (files) => {
      const edited = encodeLine(noted(7), { seq: 3, epoch: 1, head: sha256(files.lines[2]!) })
      files.lines[3] = edited.bytes.toString('utf8').trimEnd()
    },
  ],
  [
    'a journal that was forged from its first line on',
    line(4, other),
    (files) =>
      forge(
        files,
        [header, created('r1'), intended(7), noted(2)].map((entry) => [1, entry]),
      ),
  ],
  [
    'a plan of a newer version',
    'JOURNAL_CORRUPT <run>/plan.json was written by a newer version of Backstep: its format is "backstep-plan/v2"',
    (files) => {
      files.plan = files.plan.replace('backstep-plan/v1', 'backstep-plan/v2')
      forge(
        files,
        [header, created('r1')].map((entry) => [1, entry]),
      )
      files.lockNote = undefined
    },
  ],
]

describe('a damaged run is refused, and nothing of it is touched', () => {
  for (const [what, said, damage] of cases) {
    it(what, async () => {
      const run = await damagedRun(damage)
      const before = await contentsOf(run.folder)
      expect(await refusals(run)).toEqual([said, said])
      expect(await contentsOf(run.folder)).toEqual(before)
    })
  }

  for (const [missing, said] of [
    ['journal.jsonl', 'JOURNAL_CORRUPT <run>/journal.jsonl is missing beside its plan'],
    ['plan.json', 'JOURNAL_CORRUPT <run>/plan.json is missing beside its journal'],
  ] as const) {
    it(`a run without ${missing}, which is not made again either`, async () => {
      const run = await damagedRun(() => {})
      await rm(join(run.folder, missing))
      expect(await refusals(run)).toEqual([said, said])
      for (const note of ['there', 'gone']) {
        if (note === 'gone') await rm(join(run.folder, 'lock.json'))
        expect((await rejection(run.store.create('r1', samplePlan), 'JOURNAL_CONFLICT')).effect).toBe('none')
      }
    })
  }

  it('a folder that is gone, leaving no trace of the question', async () => {
    const run = await damagedRun(() => {})
    await rm(run.folder, { recursive: true })
    for (const said of await refusals(run)) expect(said).toMatch(/^RUN_NOT_FOUND There is no run r1/)
    await expect(readdir(run.folder)).rejects.toThrow('ENOENT')
  })

  it('but a damaged note about the last writer is only a note', async () => {
    for (const lockNote of ['', '{"pid":1', 'null', '{"anchor":{"seq":"x"}}']) {
      const { store } = await damagedRun((files) => (files.lockNote = lockNote))
      expect((await store.read('r1')).records).toHaveLength(3)
      await (await store.open('r1')).close()
    }
  })
})
