import { gate, is, observe, plan, planTemplate, require, route, sequence, together, when } from '@backstep/core'
import * as z from 'zod'
import * as checks from './adapters/checks.ts'
import * as k8s from './adapters/k8s.ts'
import * as notify from './adapters/notify.ts'
import * as release from './adapters/release.ts'
import * as report from './adapters/report.ts'
import * as secrets from './adapters/secrets.ts'

const place = { cluster: 'prod', namespace: 'shop' }
const target = { ...place, deployment: 'user-service' }
const goodBefore = '2026-11-22T04:30:00Z'

/** One Deployment goes back to the newest release that was seen good; data problems and break-ins take another way. */
export default planTemplate({
  name: 'k8s-undo',
  input: z.strictObject({ incident: z.string(), failed: z.custom<`${string}@sha256:${string}`>(), isPublic: z.boolean().default(true) }),
  build({ incident, failed, isPublic }) {
    const good = k8s.history({ ...target, goodBefore })
    const symptom = gate.decision({
      name: 'symptom',
      role: 'incident-commander',
      options: ['down-or-slow', 'wrong-data', 'break-in'],
      timeBox: '5m',
      onTimeout: 'escalate',
    })

    const undo = sequence(
      gate.approval({ name: 'go', roles: ['tech-lead', 'product-owner'], quorum: 'all', expires: '15m', breakGlass: true }),
      together(
        notify.slack({ channel: '#incidents', template: 'rollback.decided' }),
        ...(isPublic ? [notify.statusPage({ page: 'shop', state: 'identified' })] : []),
      ),
      k8s.undoRollout({ ...target, to: good.output.replicaSet }),
      observe({
        name: 'service',
        checks: [checks.health({ url: 'https://shop/health' }), checks.errorRate({ name: 'shop', below: 0.01 })],
        for: '15m',
        deadline: '30m',
      }),
      gate.manualCheck({ name: 'quality', role: 'qa', checklist: ['log in', 'order'], timeout: '30m' }),
      ...(isPublic ? [notify.statusPage({ page: 'shop', state: 'resolved' })] : []),
    )
    const handOver = sequence(
      k8s.scaleDown({ ...place, selector: 'app=shop' }),
      report.handOver({ to: 'dba', what: 'writes are stopped; choose a data plan' }),
      gate.manualCheck({ name: 'data restored', role: 'dba', checklist: ['data plan ended', 'writers may start again'], timeout: '4h' }),
    )
    const containment = gate.decision({
      name: 'after isolation',
      role: 'security',
      options: ['undo', 'stay-isolated'],
      timeBox: '30m',
      onTimeout: 'escalate',
    })
    const contain = sequence(
      k8s.isolate({ ...place, selector: 'app=user-service' }),
      gate.approval({ name: 'rotate', roles: ['security'] }),
      secrets.rotateSecret({ vault: 'shop', secret: 'session-key' }),
      containment,
      when(
        is(containment.output.answer, 'undo'),
        k8s.undoRollout({ ...target, to: good.output.replicaSet }, { id: 'undo while isolated' }),
      ),
      gate.manualCheck({ name: 'safe to open', role: 'security', checklist: ['entry point closed', 'secrets rotated'], timeout: '4h' }),
    )

    return plan({
      name: 'k8s-undo',
      summary: 'user-service runs the newest release that was seen good.',
      severity: { level: 'sev1', decision: 'confirm' },
      timeBudget: { decide: '5m', undo: '10m', observe: '15m' },
      steps: sequence(
        good,
        require(checks.context({ name: 'prod' }), checks.permissions({ name: 'prod', verbs: ['patch deployments'] }), checks.historyDepth({
          name: 'user-service',
          min: 2,
        }), checks.imageExists({ name: 'user-service', images: [failed] })),
        release.preserveEvidence({ name: 'user-service', images: [failed], logs: ['user-service'] }),
        symptom,
        route(symptom.output.answer, { 'down-or-slow': undo, 'wrong-data': handOver, 'break-in': contain }),
      ),
      always: [report.incident({ id: incident }), report.actionItem({ title: 'post-mortem within 48 h' })],
    })
  },
})
