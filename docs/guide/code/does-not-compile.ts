import { automatic, during, forEach, is, plan, route, sequence, together, type RollbackStep } from '@backstep/core'
import { deleteFile } from './steps/delete-file.ts'
import { findGood } from './steps/find-good.ts'
import { holds } from './steps/holds.ts'
import { restoreJson } from './steps/restore-json.ts'

const flags = () => restoreJson({ file: '/srv/shop/flags.json', to: { newCheckout: false } })
const good = findGood({ shop: '/srv/shop' })
declare const backup: RollbackStep<{ readonly files: readonly string[] }, 'none'>
const errors = holds({ file: '/srv/shop/errors.json', key: 'rate', value: 0 })
const knownGood = holds({ file: '/srv/shop/history/v1.json', key: 'seenGood', value: true })

export function mistakes(): void {
  // #region together
  // @ts-expect-error a point of no return beside another step
  together(flags(), deleteFile({ file: '/srv/shop/old-orders.json' }))
  // #endregion

  // #region during
  // @ts-expect-error a scope that cannot be left
  during(deleteFile({ file: '/srv/shop/door.json' }), flags())
  // #endregion

  // #region option
  // @ts-expect-error a misspelt option
  restoreJson({ file: '/srv/shop/flags.json', too: { newCheckout: false } })
  // #endregion

  // #region late
  // @ts-expect-error an output where only a value is taken
  restoreJson({ file: good.output.version, to: {} })
  // #endregion

  // #region is
  // @ts-expect-error a value that the output never has
  is(good.output.pricesAre, 'gone')
  // #endregion

  // #region route
  // @ts-expect-error a branch is missing
  route(good.output.pricesAre, { changed: flags() })
  // #endregion

  // #region route-open
  // @ts-expect-error the output may be any text
  route(good.output.version, { v1: flags() })
  // #endregion

  // #region for-each
  // @ts-expect-error a list that is known only while the plan runs
  forEach(backup.output.files, () => flags())
  // #endregion

  const lossy = plan({ name: 'clean up', steps: sequence(flags(), deleteFile({ file: '/srv/shop/old-orders.json' })) })

  // #region automatic
  const signals = [{ check: errors, for: '5m' }] as const
  // @ts-expect-error a plan that a machine must not start
  automatic({ name: 'errors', target: 'shop', run: lossy, any: signals, knownGood, cooldown: '1h', maxPerDay: 2 })
  // #endregion

  // #region severity
  // @ts-expect-error a point of no return that no person decides on
  plan({ name: 'clean up', severity: { level: 'sev1', decision: 'auto' }, steps: deleteFile({ file: '/srv/shop/old-orders.json' }) })
  // #endregion
}
