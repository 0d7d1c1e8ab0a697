import { during, plan, planTemplate, require, secret, sequence } from '@backstep/core'
import * as z from 'zod'
import * as step from '../steps/index.ts'

/** Does what the quickstart's plan does, then asks for something that never holds: everything is put back. */
export default planTemplate({
  name: 'there and back',
  input: z.strictObject({ shop: z.string() }),
  build({ shop }) {
    const { commit, schema, badCommit } = step.findLastGood({ shop }).output
    return plan({
      name: 'there and back',
      onFailure: 'compensate',
      steps: sequence(
        step.keepEvidence({ shop }),
        during(
          step.enterMaintenance({ shop, reason: 'there and back' }),
          sequence(
            step.undoMigration({ shop, database: secret('SHOP_DATABASE_URL'), to: schema, rowsAtMost: 100_000 }),
            step.switchRelease({ shop, commit }),
            step.restartService({ shop, commit }),
          ),
        ),
        require(step.serves({ shop, commit: badCommit, schema })),
      ),
    })
  },
})
