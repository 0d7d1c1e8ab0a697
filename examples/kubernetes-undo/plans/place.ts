import type { Duration } from '@backstep/core'
import * as z from 'zod'

/** Where the plans of this folder work. */
export const place = z.strictObject({
  /** The name of a context in the kubeconfig, and the path of that file. */
  context: z.string(),
  kubeconfig: z.string(),
  namespace: z.string(),
  /** The Deployment, or for a switch the Service. */
  name: z.string(),
  /** How long everything has to stay well before the run says so. */
  window: z.custom<Duration>((value) => typeof value === 'string').default('5m'),
})
export type Place = z.output<typeof place>
