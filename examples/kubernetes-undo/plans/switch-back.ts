import { gate, notice, observe, plan, planTemplate, sequence } from '@backstep/core'
import { endpointsReady, podsReady, switchService } from '@backstep/k8s'
import * as z from 'zod'
import { place } from './place.ts'

/**
 * Traffic goes back to the colour that still runs. Which colour serves is what the Service selects, not what a label on it says, and the other one has to
 * be ready before anybody is sent there. It is not scaled down afterwards: that is the work of the next release.
 */
export default planTemplate({
  name: 'switch back',
  input: place.extend({ colour: z.enum(['blue', 'green']) }),
  build({ name, window, colour, ...where }) {
    return plan({
      name: 'switch back',
      summary: `${name} is served by ${colour}.`,
      onFailure: 'compensate',
      steps: sequence(
        gate.approval({ name: 'go', roles: ['on-call'] }),
        switchService({ ...where, name, select: { color: colour } }),
        observe({
          name: 'traffic',
          checks: [
            endpointsReady({ ...where, service: name, labels: { color: colour } }),
            podsReady({ ...where, name: `${name}-${colour}` }),
          ],
          for: window,
          every: '1s',
          deadline: '15m',
        }),
        notice('team.message', { text: `${name} is served by ${colour} again` }),
      ),
    })
  },
})
