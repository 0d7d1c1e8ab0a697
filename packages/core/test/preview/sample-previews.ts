import type { Preparation } from '../../src/contract/preparation.ts'
import type { Risk } from '../../src/contract/risk.ts'
import type { Plan } from '../../src/contract/nodes.ts'
import { lint } from '../../src/lint/lint.ts'
import { sequence } from '../../src/plan/combinators.ts'
import { gate, observe, require } from '../../src/plan/nodes.ts'
import { plan } from '../../src/plan/plan.ts'
import { approvalHash, previewHash } from '../../src/preview/approval-hash.ts'
import type { Preview, PreviewedRequire, PreviewedStep } from '../../src/preview/preview.ts'
import { leavesOf } from '../../src/seal/sealed-plan.ts'
import { check, query, sealed, step, tell } from '../lint/stub-steps.ts'

export const at = '2026-11-23T03:00:05Z'
const good = `shop/checkout@sha256:${'41'.repeat(32)}`
const bad = `shop/checkout@sha256:${'42'.repeat(32)}`

type Given = Partial<PreviewedStep> & { readonly preparation?: Partial<Preparation> }

/** A preview of a plan, from what is said about its steps. Steps that nothing is said about are ready and change nothing. */
export async function previewOf(
  made: Plan<Risk>,
  about: Readonly<Record<string, Given>>,
  requires: readonly PreviewedRequire[] = [],
): Promise<Preview> {
  // How a plan is hashed is no business of what a preview looks like.
  const sealedPlan = { ...(await sealed(made)), hash: 'f'.repeat(64) }
  const steps = leavesOf(sealedPlan.tree)
    .filter(({ type }) => type === 'step')
    .map((leaf): PreviewedStep => {
      const { preparation, ...given } = about[leaf.id] ?? {}
      const { kind, target, risk, id } = leaf
      const full: Preparation = { prepared: {}, summary: '', changes: [], guards: [], leases: [], risk: [], ...preparation }
      const { summary, changes, guards, leases, findings = [], estimate, undo } = full
      const hash =
        given.state === undefined || given.state === 'ready' || given.state === 'alternative'
          ? { approvalHash: approvalHash(id, full) }
          : {}
      const optional = { ...(estimate === undefined ? {} : { estimate }), ...(undo === undefined ? {} : { undo }) }
      return {
        id,
        kind,
        target,
        state: 'ready',
        waitsFor: [],
        summary,
        changes,
        guards,
        leases,
        findings,
        ...optional,
        risk: preparation?.risk ?? risk,
        ...hash,
        ...given,
      }
    })
  return {
    format: 'backstep-preview/v1',
    plan: sealedPlan,
    at,
    steps,
    requires,
    findings: lint(sealedPlan),
    hash: previewHash(sealedPlan, steps),
  }
}

/** One rollout goes back; nothing is lost. */
export async function smallPreview(): Promise<Preview> {
  const target = query('k8s.history', 'prod/shop/checkout', { revision: 41 })
  return previewOf(
    plan({
      name: 'undo checkout',
      summary: 'Customers can pay again.',
      severity: { level: 'sev1', decision: 'confirm' },
      steps: sequence(
        require(check('checks.context', 'prod')),
        gate.approval({ name: 'go', roles: ['tech-lead', 'product-owner'], quorum: 'all', expires: '15m', breakGlass: true }),
        step('k8s.undo-rollout', 'prod/shop/checkout', 'reversible', { toRevision: target.output.revision }, { layer: 'code' }),
        observe({ name: 'checkout', checks: [check('checks.health', 'https://shop/health')], for: '15m', deadline: '30m' }),
        tell('notify.slack', { channel: '#incidents', template: 'incident.resolved' }),
      ),
      always: [tell('report.incident', { id: 'PROD-2026-11-23-001' })],
    }),
    {
      'k8s.undo-rollout@prod/shop/checkout': {
        preparation: {
          summary: 'Return Deployment shop/checkout to revision 41',
          changes: [
            {
              resource: 'apps/Deployment/shop/checkout',
              action: 'update',
              before: 'revision 42 (template 5f7c9d)',
              after: 'revision 41 (template 9ab0e1)',
              fields: [
                { path: 'spec.template.spec.containers[checkout].image', before: bad, after: good },
                { path: 'spec.template.spec.containers[checkout].env.NEW_TAX', before: 'on' },
                { path: 'spec.replicas', before: '5', after: '3' },
              ],
            },
          ],
          guards: [
            { resource: 'apps/Deployment/shop/checkout', property: 'uid', equals: '7f1e0c0a-3a53-4a42-9a55-0b7c0d2f8f11' },
            { resource: 'apps/Deployment/shop/checkout', property: 'pod-template-hash', equals: '5f7c9d' },
          ],
          leases: ['k8s:7f1e/apps/Deployment/checkout'],
          risk: ['reversible'],
          estimate: { duration: '90s' },
          undo: { risk: 'reversible', estimate: { duration: '90s' } },
        },
      },
    },
    [{ id: 'require checks.context@prod', status: 'healthy', evidence: [{ what: 'context', value: 'prod', source: 'kubeconfig', at }] }],
  )
}

/** A revision that is gone, a check without data, and a mistake in the plan. */
export async function blockedPreview(): Promise<Preview> {
  return previewOf(
    plan({
      name: 'undo both',
      severity: { level: 'sev2', decision: 'confirm' },
      steps: sequence(
        require(check('checks.errors', 'shop')),
        step('k8s.undo-rollout', 'prod/shop/checkout', 'reversible', { toRevision: 'previous' }, { layer: 'code' }),
        step('k8s.undo-rollout', 'prod/shop/cart', 'reversible', { toRevision: 12 }, { layer: 'code' }),
      ),
    }),
    {
      'k8s.undo-rollout@prod/shop/checkout': {
        state: 'refused',
        refusal: {
          code: 'TARGET_NOT_FOUND',
          message: 'Revision 41 of shop/checkout has no ReplicaSet any more',
          hint: 'Choose one of the revisions 38, 39 or 42, or deploy the image of revision 41 again.',
        },
      },
      'k8s.undo-rollout@prod/shop/cart': {
        preparation: {
          summary: 'Return Deployment shop/cart to revision 12',
          changes: [{ resource: 'apps/Deployment/shop/cart', action: 'update', before: 'revision 13', after: 'revision 12' }],
          findings: [
            {
              level: 'blocker',
              code: 'k8s.owned-by-helm',
              message: 'Deployment shop/cart belongs to the Helm release shop',
              hint: 'Roll the release back with helm.rollbackRelease instead.',
            },
          ],
          risk: ['reversible'],
        },
      },
    },
    [{ id: 'require checks.errors@shop', status: 'unknown', evidence: [], detail: 'Prometheus did not answer' }],
  )
}
