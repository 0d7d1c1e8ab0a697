/** Set to 1, suites go through everything instead of a sample. */
export const wholeVariable = 'BACKSTEP_WHOLE'

/**
 * For `every` of the conformance kit: disturb every so many contacts. Each remote call of a real system takes its time, so the suites of `npm
 * test` disturb a sample, every write among it; `pnpm soak testbed-whole` disturbs each contact.
 */
export function sampled(every: number): number {
  return process.env[wholeVariable] === '1' ? 1 : every
}

/** For `most` of the conformance kit: disturb so many contacts in each check, spread over all of them; each with `pnpm soak testbed-whole`. */
export function sampledAtMost(most: number): number {
  return process.env[wholeVariable] === '1' ? Infinity : most
}
