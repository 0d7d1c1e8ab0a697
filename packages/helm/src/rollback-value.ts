import { defineStep } from '@backstep/core'
import { clusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import type { HelmClient } from './client.ts'
import { toRollbackError } from './errors.ts'
import { helmClient } from './helm-client.ts'
import { prepareUpgrade, upgradeMethods, upgradeShape, type ChangeFactory, type ChangeReleaseOptions } from './prepare-upgrade.ts'
import { valueAt, withValue } from './release-values.ts'
import { changeOptions } from './way-schema.ts'

export interface RollbackValueOptions extends ChangeReleaseOptions {
  /** The path of one value, or of everything below it: `image.tag`; the name of a subchart for all of its values. */
  readonly path: string
  /** The revision whose value comes back. A value that this revision did not have is taken away. */
  readonly toRevision: number
  /** The chart that is deployed, with its version. Left out: as the newest record holds it, which needs a chart without dependencies. */
  readonly chart?: string | undefined
  readonly chartVersion?: string | undefined
}

/**
 * Brings one value of a release back to what it was in an earlier revision, and nothing else: one image, one feature switch, one subchart.
 * Everything that was changed since stays. Rendered, shown and proved like `upgradeRelease`.
 */
export const rollbackValue: ChangeFactory<RollbackValueOptions> = defineStep({
  ...upgradeShape,
  ...upgradeMethods,
  kind: 'helm.rollback-value',
  options: z.strictObject({
    ...clusterOptions,
    ...changeOptions,
    path: z.string().regex(/^[^.]+(\.[^.]+)*$/, 'expected names joined by dots'),
    toRevision: z.int().positive(),
    chart: z.string().min(1).optional(),
    chartVersion: z.string().min(1).optional(),
  }),
  client: (options): HelmClient => helmClient(options),
  toRollbackError,
  target: ({ context, namespace, release, path }) => ({ system: context, name: `${namespace}/${release} ${path}` }),
  prepare: ({ options, client }, context) =>
    prepareUpgrade(client, options, context, (last, recordAt) => ({
      chart: options.chart ?? last.chartContent,
      chartVersion: options.chartVersion,
      values: withValue(last.values, options.path, valueAt(recordAt(options.toRevision).values, options.path)),
      what: `with ${options.path} as in revision ${options.toRevision}`,
    })),
})
