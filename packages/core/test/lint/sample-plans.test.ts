import { describe, expect, it } from 'vitest'
import { lint } from '../../src/lint/lint.ts'
import { bookingsOnCompose, shopOnAzure, shopWithPipeline, trackerRecovery, undoOnKubernetes } from './sample-plans.ts'
import { sealed } from './stub-steps.ts'

describe('a well written plan has no findings', () => {
  it.each([
    ['one rollout', undoOnKubernetes],
    ['services behind maintenance', shopWithPipeline],
    ['every layer on Azure', shopOnAzure],
    ['one host with compose', bookingsOnCompose],
    ['traffic, database or cluster', trackerRecovery],
  ])('%s', async (_, make) => {
    expect(lint(await sealed(make()))).toEqual([])
  })
})
