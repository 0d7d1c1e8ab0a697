import { defaults } from './defaults.ts'
import { defineTiers, type Tiers } from './tiers.ts'

/**
 * What a measured value asks for.
 *
 * - `immediate`: go back now, where the level of severity lets a machine; otherwise ask now.
 * - `evaluate`: people weigh going back.
 * - `monitor`: watch; nothing is done.
 * - `success`: good enough to call a rollback done.
 */
export type ResponseTier = 'immediate' | 'evaluate' | 'monitor' | 'success'

export interface StandardTiers {
  /** Share of requests that fail: above 10 % immediate, 5 % to 10 % evaluate, 1 % to below 5 % monitor, below 1 % success. */
  readonly errorRate: Tiers<ResponseTier>
  /** 95th percentile of the response time: above 2 s evaluate, 0.5 s to 2 s monitor, below 0.5 s success. Slowness alone is never immediate. */
  readonly p95: Tiers<Exclude<ResponseTier, 'immediate'>>
  /** Sustained CPU as a share of the limit: above 95 % evaluate, 70 % to 95 % monitor, below success. */
  readonly cpu: Tiers<Exclude<ResponseTier, 'immediate'>>
  /** Sustained memory as a share of the limit: above 95 % evaluate, 80 % to 95 % monitor, below success. */
  readonly memory: Tiers<Exclude<ResponseTier, 'immediate'>>
}

const { errorRate, p95, resources } = defaults

/** Scales from the numbers of `defaults`. */
export const standardTiers: StandardTiers = {
  errorRate: defineTiers({
    of: 'error rate',
    unit: 'share',
    tiers: [
      { name: 'immediate', above: errorRate.automaticRollback.above },
      { name: 'evaluate', from: errorRate.evaluateFrom, upTo: errorRate.automaticRollback.above },
      { name: 'monitor', from: errorRate.successBelow, below: errorRate.evaluateFrom },
      { name: 'success', below: errorRate.successBelow },
    ],
  }),
  p95: defineTiers({
    of: 'response time p95',
    unit: 'ms',
    tiers: [
      { name: 'evaluate', above: p95.evaluateAboveMs },
      { name: 'monitor', from: p95.successBelowMs, upTo: p95.evaluateAboveMs },
      { name: 'success', below: p95.successBelowMs },
    ],
  }),
  cpu: resourceTiers('CPU', resources.cpuSuccessBelow),
  memory: resourceTiers('memory', resources.memorySuccessBelow),
}

function resourceTiers(of: string, successBelow: number): Tiers<'evaluate' | 'monitor' | 'success'> {
  return defineTiers({
    of,
    unit: 'share',
    tiers: [
      { name: 'evaluate', above: resources.evaluateAbove },
      { name: 'monitor', from: successBelow, upTo: resources.evaluateAbove },
      { name: 'success', below: successBelow },
    ],
  })
}
