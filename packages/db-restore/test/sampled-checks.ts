import { sampled } from '@backstep/testbed'
import type { TestFunctions } from '@backstep/testing'
import { it as run } from 'vitest'

/** Each of these takes longer than all others together, and disturbs writes that others of the suite disturb, too. */
const long = /^(?:a lost answer to any write|a refused connection at any contact) does no harm on the way back$/

const isWhole = sampled(2) === 1

/** For suites in which every case makes databases: leaves the longest checks to `pnpm soak testbed-whole`. */
export const sampledIt: TestFunctions['it'] = (name, options, body) =>
  // oxlint-disable-next-line vitest/expect-expect -- the conformance kit gives the body, and asserts in it
  isWhole || !long.test(name) ? run(name, options, body) : undefined
