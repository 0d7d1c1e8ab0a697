import { describe, expect, it } from 'vitest'
import { judgeRevisions } from '../src/judge-revisions.ts'
import { historyOf } from '../src/release-history.ts'
import { storedAs, storedRelease } from './stored-record.ts'

interface Given {
  readonly status: string
  readonly content: string
  readonly description?: string
  readonly test?: 'Succeeded' | 'Failed'
}

function judged(given: readonly Given[]): readonly string[] {
  const records = given.map(({ status, content, description = 'Upgrade complete', test }, index) =>
    storedAs(
      storedRelease({
        version: index + 1,
        config: { content },
        info: { status, description },
        hooks:
          test === undefined ? [] : [{ name: 'smoke', kind: 'Pod', manifest: 'kind: Pod', events: ['test'], last_run: { phase: test } }],
      }),
    ),
  )
  return judgeRevisions(historyOf(records)).flatMap(({ record, isCandidate }) => (isCandidate ? [String(record.revision)] : []))
}

describe('what there is to go back to', () => {
  it('is the revision before a bad one', () => {
    expect(
      judged([
        { status: 'superseded', content: 'a' },
        { status: 'deployed', content: 'b' },
      ]),
    ).toEqual(['1'])
  })

  it('is no failed revision, and none that never ended', () => {
    const given = ['superseded', 'failed', 'pending-upgrade', 'deployed'].map((status, index) => ({ status, content: String(index) }))
    expect(judged(given)).toEqual(['1'])
  })

  it('is no revision whose tests failed', () => {
    expect(
      judged([
        { status: 'superseded', content: 'a', test: 'Succeeded' },
        { status: 'superseded', content: 'b', test: 'Failed' },
        { status: 'deployed', content: 'c' },
      ]),
    ).toEqual(['1'])
  })

  it('is no content that somebody has already rolled back from, and not the content of now', () => {
    expect(
      judged([
        { status: 'superseded', content: 'good' },
        { status: 'superseded', content: 'bad' },
        { status: 'superseded', content: 'good', description: 'Rollback to 1' },
        { status: 'superseded', content: 'bad' },
        { status: 'deployed', content: 'worse' },
      ]),
    ).toEqual(['3', '1'])
    expect(
      judged([
        { status: 'superseded', content: 'a' },
        { status: 'deployed', content: 'a', description: 'Rollback to 1' },
      ]),
    ).toEqual([])
  })
})
