import { defineStep, json, type Json } from '@backstep/core'
import { clusterOptions } from '@backstep/kubernetes'
import * as z from 'zod'
import type { HelmClient } from './client.ts'
import { toRollbackError } from './errors.ts'
import { helmClient } from './helm-client.ts'
import { prepareUpgrade, upgradeMethods, upgradeShape, type ChangeFactory, type ChangeReleaseOptions } from './prepare-upgrade.ts'
import { withValue } from './release-values.ts'
import { changeOptions } from './way-schema.ts'

export interface UpgradeReleaseOptions extends ChangeReleaseOptions {
  /** A folder, an archive, `oci://…` or `repository/name`. */
  readonly chart: string
  /** The exact version of the chart. Needed unless the chart is a folder or an archive: a range means something else tomorrow. */
  readonly chartVersion?: string | undefined
  /** The revision whose values are taken. Default: the newest. Values never stand in a plan: they may hold secrets. */
  readonly valuesOf?: number | undefined
  /** Values that are other than there, by their path: `{ 'image.tag': '1.4.2' }`. No secrets: a plan is read by many. */
  readonly set?: { readonly [path: string]: Json } | undefined
}

/**
 * Upgrades a release to a version of its chart with given values: the fallback where no revision is left to go back to, or a fixed version
 * exists. What Helm would make of it is rendered against the server before, compared and shown object by object; what is there afterwards has
 * to be exactly that. Its undo returns the release to the content that was there.
 *
 * It installs nothing that is not there: a release has to exist.
 */
export const upgradeRelease: ChangeFactory<UpgradeReleaseOptions> = defineStep({
  ...upgradeShape,
  ...upgradeMethods,
  kind: 'helm.upgrade-release',
  options: z.strictObject({
    ...clusterOptions,
    ...changeOptions,
    chart: z.string().min(1),
    chartVersion: z
      .string()
      .regex(/^v?\d+\.\d+\.\d+/, 'expected an exact version')
      .optional(),
    valuesOf: z.int().positive().optional(),
    set: z.record(z.string(), json()).default({}),
  }),
  client: (options): HelmClient => helmClient(options),
  toRollbackError,
  target: ({ context, namespace, release }) => ({ system: context, name: `${namespace}/${release}` }),
  prepare: ({ options, client }, context) =>
    prepareUpgrade(client, options, context, (last, recordAt) => {
      const given = options.valuesOf === undefined ? last : recordAt(options.valuesOf)
      const values = Object.entries(options.set).reduce((all, [path, value]) => withValue(all, path, value), given.values)
      return { chart: options.chart, chartVersion: options.chartVersion, values, what: `from the values of revision ${given.revision}` }
    }),
})
