import { during, gate, observe, plan, planTemplate, sequence } from '@backstep/core'
import * as z from 'zod'
import { findGood } from './steps/find-good.ts'
import { holds } from './steps/holds.ts'
import { restoreJson } from './steps/restore-json.ts'

export default planTemplate({
  name: 'shop back to good',
  input: z.strictObject({ shop: z.string(), watch: z.enum(['1s', '5m', '15m']).default('15m') }),
  build({ shop, watch }) {
    const good = findGood({ shop })
    const { version, flags, release } = good.output

    return plan({
      name: 'shop back to good',
      summary: 'The shop sells by the last release that was seen good.',
      onFailure: 'compensate',
      steps: sequence(
        good,
        gate.approval({ name: 'go back', roles: ['on-call'] }),
        during(
          restoreJson({ file: `${shop}/door.json`, to: { open: false } }),
          sequence(restoreJson({ file: `${shop}/flags.json`, to: flags }), restoreJson({ file: `${shop}/release.json`, to: release })),
        ),
        observe({
          name: 'version',
          checks: [holds({ file: `${shop}/release.json`, key: 'version', value: version })],
          for: watch,
          every: '500ms',
          deadline: '30m',
        }),
      ),
    })
  },
})
