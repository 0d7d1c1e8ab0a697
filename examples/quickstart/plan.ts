import { during, gate, notice, observe, plan, planTemplate, require, secret, sequence } from '@backstep/core'
import * as z from 'zod'
import * as step from './steps/index.ts'

/** Takes the shop back to the newest release that was seen good: schema first, then code, while nobody orders. */
export default planTemplate({
  name: 'shop back to the last good release',
  input: z.strictObject({ shop: z.string() }),
  build({ shop }) {
    const good = step.findLastGood({ shop })
    const { commit, schema, badCommit, badSchema } = good.output
    const isWell = [step.errorRate({ shop, atMostPercent: 1, window: '1s' }), step.serves({ shop, commit, schema })]

    return plan({
      name: 'shop',
      summary: 'Orders are taken again by the last good release.',
      onFailure: 'compensate',
      steps: sequence(
        good,
        require(step.serves({ shop, commit: badCommit, schema: badSchema })),
        step.keepEvidence({ shop }),
        gate.approval({ name: 'go back', roles: ['on-call'] }),
        during(
          step.enterMaintenance({ shop, reason: 'going back to the last good release' }),
          sequence(
            // The schema goes first: only the release that brought V2 has U2, and the old code cannot write to the new schema.
            step.undoMigration({ shop, database: secret('SHOP_DATABASE_URL'), to: schema, rowsAtMost: 1000 }),
            step.switchRelease({ shop, commit }),
            step.restartService({ shop, commit }),
          ),
        ),
        observe({ name: 'orders', checks: isWell, for: '3s', every: '1s', deadline: '30s' }),
      ),
      always: [notice('quickstart.report', { shop })],
    })
  },
})
