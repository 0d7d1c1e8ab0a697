import { during, gate, notice, observe, plan, planTemplate, require, route, sequence } from '@backstep/core'
import * as z from 'zod'
import * as checks from './adapters/checks.ts'
import * as ci from './adapters/ci.ts'
import * as k8s from './adapters/k8s.ts'
import * as notify from './adapters/notify.ts'
import * as release from './adapters/release.ts'
import * as report from './adapters/report.ts'

const place = { cluster: 'prod', namespace: 'ecommerce' }

/** All services of the shop go back to one tag, by their manifests or by the Jenkins job, behind a maintenance page. */
export default planTemplate({
  name: 'ecommerce-jenkins',
  input: z.strictObject({ tag: z.string(), path: z.enum(['manifests', 'jenkins']).default('manifests') }),
  build({ tag, path }) {
    const target = release.resolve({ name: 'ecommerce', repository: 'shop/ecommerce', strategy: { exact: tag } })
    const decision = gate.decision({
      name: 'what to do',
      role: 'team',
      options: ['rollback', 'fix-forward', 'wait'],
      timeBox: '5m',
      onTimeout: 'escalate',
    })
    const restore =
      path === 'manifests'
        ? k8s.applyManifests({ ...place, paths: ['k8s/'], commit: target.output.commit, images: target.output.images })
        : ci.runJenkinsJob({ job: 'rollback', tag: target.output.tag })

    const rollback = sequence(
      during(
        k8s.maintenance({ ...place, ingress: 'gateway' }),
        sequence(
          notify.slack({ channel: '#incidents', template: 'maintenance.started' }),
          restore,
          observe({
            name: 'inside',
            checks: [
              checks.podsReady({ namespace: 'ecommerce' }),
              checks.runningImages({ name: 'ecommerce', images: target.output.images }),
              checks.suite({ name: 'smoke', tool: 'newman' }),
            ],
            deadline: '10m',
          }),
        ),
      ),
      observe({
        name: 'outside',
        checks: [checks.health({ url: 'https://shop' }), checks.journey({ name: 'order' })],
        for: '15m',
        deadline: '30m',
      }),
      notify.slack({ channel: '#incidents', template: 'incident.resolved' }),
    )

    return plan({
      name: 'ecommerce-jenkins',
      severity: { level: 'sev2', decision: 'confirm' },
      onFailure: 'compensate',
      steps: sequence(
        target,
        decision,
        require(checks.imageExists({ name: 'ecommerce', images: target.output.images }), checks.permissions({
          name: 'prod',
          verbs: ['patch ingresses', 'patch deployments'],
        }), checks.noExternalEffects({ name: 'orders', query: 'select count(*) from outbox where sent', since: '2026-11-22T04:30:00Z' })),
        route(decision.output.answer, {
          rollback,
          'fix-forward': notice('report.fix-forward', { ticket: 'SHOP-1' }),
          wait: sequence(),
        }),
      ),
      always: [report.incident({ id: 'PROD-2026-11-23-002' }), report.actionItem({ title: 'roll back from the pipeline' })],
    })
  },
})
