import type { Finding, Json, StepFactory, Verdict } from '@backstep/core'
import { type KubernetesClient, type KubernetesObject, namespaceUid, type ObjectRef, resourceName, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type WritesReceipt } from './define-writes-step.ts'
import { missing } from './errors.ts'
import { type FieldValues, writeOf } from './field-writes.ts'
import { permissions } from './permissions.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'

/** Which object of which system writes our objects again and again. */
export type SuspendableKind = 'flux-kustomization' | 'flux-helm-release' | 'argo-cd-application' | 'keda-scaled-object'

export interface SuspendOwnerOptions extends NamespaceOptions {
  /** `namespace` and `name` are those of the owner: an Application of Argo CD mostly stands in `argocd`. */
  readonly owner: SuspendableKind
  readonly name: string
}

interface Suspendable {
  readonly apiVersion: string
  readonly kind: string
  readonly group: string
  readonly resource: string
  /** Which field suspends it, and with which value. */
  readonly at: FieldValues['at']
  readonly value: Json | undefined
  readonly warning?: string
}

const suspendable: Readonly<Record<SuspendableKind, Suspendable>> = {
  'flux-kustomization': {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    group: 'kustomize.toolkit.fluxcd.io',
    resource: 'kustomizations',
    at: ['spec', 'suspend'],
    value: true,
  },
  'flux-helm-release': {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    group: 'helm.toolkit.fluxcd.io',
    resource: 'helmreleases',
    at: ['spec', 'suspend'],
    value: true,
  },
  'argo-cd-application': {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    group: 'argoproj.io',
    resource: 'applications',
    at: ['spec', 'syncPolicy', 'automated'],
    value: undefined,
    warning: 'When another Application or an ApplicationSet makes this one, it may turn automated sync on again: suspend that one too.',
  },
  'keda-scaled-object': {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    group: 'keda.sh',
    resource: 'scaledobjects',
    at: ['metadata', 'annotations', 'autoscaling.keda.sh/paused'],
    value: 'true',
  },
}

/**
 * Keeps a GitOps controller or KEDA from putting back what a plan changes: a Kustomization or HelmRelease of Flux is suspended, the automated
 * sync of an Argo CD Application is taken out, a ScaledObject of KEDA is paused. As the scope of `during`, the owner goes on when the scope is
 * left, with exactly the policy that it had; one that was suspended already stays so. Inside the scope, `acceptOwners` says that it is dealt with.
 *
 * It stops the next reconciliation, not one that is under way, and the source still asks for what it asked: change that before the owner
 * goes on, or it brings the bad release back. It does not stop a person, nor a sync that somebody starts by hand.
 */
export const suspendOwner: StepFactory<SuspendOwnerOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep({
  kind: 'k8s.suspend-owner',
  options: z.strictObject({
    ...clusterScope,
    owner: z.enum(['flux-kustomization', 'flux-helm-release', 'argo-cd-application', 'keda-scaled-object']),
    name: z.string().min(1),
  }),
  target: (options) => ({ system: options.context, name: shortName(refOf(options)) }),
  needs: ({ namespace, owner }) => ({ needs: permissions.suspendOwner(suspendable[owner]), namespace }),

  async plan({ options, client }, context) {
    const known = suspendable[options.owner]
    const ref = refOf(options)
    const [scope, live] = await Promise.all([namespaceUid(client, options.namespace, context), client.get(ref, context)])
    if (live === undefined) throw missing(ref)
    return {
      writes: [{ live, write: writeOf(live, resourceName(scope, ref), ref, [{ at: known.at, value: known.value }]) }],
      summary: `Suspend ${shortName(ref)}`,
      findings: suspendFindings(live, known),
    }
  },
  verify: async ({ options }, context): Promise<Verdict> => ({
    status: 'healthy',
    evidence: [context.evidence(suspendable[options.owner].at.join('.'), 'suspended', shortName(refOf(options)))],
  }),
})

function refOf({ owner, namespace, name }: Pick<SuspendOwnerOptions, 'owner' | 'namespace' | 'name'>): ObjectRef {
  const { apiVersion, kind } = suspendable[owner]
  return { apiVersion, kind, namespace, name }
}

function suspendFindings(live: KubernetesObject, { warning, at }: Suspendable): readonly Finding[] {
  const isMade = live.metadata.ownerReferences?.some(({ controller }) => controller === true) === true
  const isAppOfApps = live.metadata.annotations?.['argocd.argoproj.io/tracking-id'] !== undefined
  const isReconciledByFlux = live.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'] !== undefined
  if (!isMade && !isAppOfApps && !isReconciledByFlux) return []
  return [
    {
      level: 'warning',
      code: 'k8s.owner-is-owned',
      message: `${live.kind} ${live.metadata.name} is itself written by another owner, which may take ${at.join('.')} back`,
      hint: warning ?? 'Suspend the owner of this one too, around this step.',
    },
  ]
}
