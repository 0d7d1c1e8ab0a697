import { expect } from 'vitest'
import type { Walk } from './walk.ts'

const writing: ReadonlySet<string> = new Set(['create', 'patch', 'delete'])

/** A preview names what is missing: a write as a finding that refuses the run, beside all that can be read; a read as an error. */
export async function expectSaid(walked: Promise<Walk>, verb: string, missing: string): Promise<void> {
  const seen = await walked.catch((cause: unknown) => cause as Error)
  if (seen instanceof Error) {
    expect(writing.has(verb)).toBe(false)
    expect(seen).toMatchObject({ code: 'PERMISSION_DENIED', effect: 'none', message: expect.stringContaining(missing) as string })
    return
  }
  expect(seen.blockers).toContain('k8s.may-not-write')
  expect(seen.preparation.findings?.map(({ message }) => message).join()).toContain(missing)
}
