import type { Finding } from '@backstep/core'
import { type Call, type KubernetesClient, type KubernetesObject, valueAt } from '@backstep/kubernetes'
import { listAt, objectAt, type WorkloadName } from './workload.ts'

/** Who would put a live object back to what they think is right. */
export type OwnerKind = 'flux' | 'argo-cd' | 'helm' | 'controller'
export const ownerKinds: readonly ['flux', 'argo-cd', 'helm', 'controller'] = ['flux', 'argo-cd', 'helm', 'controller']

interface Owner {
  readonly kind: OwnerKind
  readonly name: string
}

const hints: Readonly<Record<OwnerKind, string>> = {
  flux: 'Suspend it with suspendOwner around this step, and change the source before it goes on.',
  'argo-cd': 'Suspend its automated sync with suspendOwner around this step, and change the source before it goes on.',
  helm: 'Roll the release back instead: its record would say otherwise, and the next upgrade would start from there.',
  controller: 'Roll its owner back instead: it writes this object again.',
}

/** Everyone who says on the object itself that it is theirs. */
function ownersOf({ metadata: { labels = {}, annotations = {}, ownerReferences = [] } }: KubernetesObject): readonly Owner[] {
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name']
  const argo = annotations['argocd.argoproj.io/tracking-id'] ?? labels['argocd.argoproj.io/instance']
  const helm = annotations['meta.helm.sh/release-name']
  const controller = ownerReferences.find((owner) => owner.controller === true)
  return [
    ...(flux === undefined ? [] : [{ kind: 'flux' as const, name: `Flux (${flux})` }]),
    ...(argo === undefined ? [] : [{ kind: 'argo-cd' as const, name: `Argo CD (${argo})` }]),
    ...(helm === undefined ? [] : [{ kind: 'helm' as const, name: `the Helm release ${helm}` }]),
    ...(controller === undefined ? [] : [{ kind: 'controller' as const, name: `${controller.kind} ${controller.name}` }]),
  ]
}

/** A blocker for every owner that would revert a live change, unless the plan says that it deals with it. */
export function ownerFindings(live: KubernetesObject, accepted: readonly OwnerKind[]): readonly Finding[] {
  return ownersOf(live).map(({ kind, name }) => {
    const isAccepted = accepted.includes(kind)
    return {
      level: isAccepted ? 'info' : 'blocker',
      code: `k8s.owned-by-${kind}`,
      message: `${live.kind} ${live.metadata.name} belongs to ${name}${isAccepted ? ', and the plan accepts that' : ', which would revert this or be misled by it'}`,
      hint: isAccepted
        ? 'See that the plan really keeps the owner from reverting it.'
        : `${hints[kind]} Then list '${kind}' in acceptOwners.`,
    }
  })
}

/** Whoever applies the manifest next meets our change: as a conflict, or by putting it back. */
export function applyFindings(live: KubernetesObject): readonly Finding[] {
  const managers = listAt(live, ['metadata', 'managedFields'])
    .filter((entry) => entry['operation'] === 'Apply' && valueAt(entry, ['fieldsV1', 'f:spec', 'f:template']) !== undefined)
    .map((entry) => entry['manager'] as string)
  const applied = live.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] !== undefined
  return [
    ...managers.map((manager) => ({
      level: 'warning' as const,
      code: 'k8s.applied-by-manager' as const,
      message: `The template of ${live.kind} ${live.metadata.name} is applied by ${manager}, whose next apply will be refused with a conflict`,
      hint: 'Put the manifest back in its source too, or let that apply use --force-conflicts.',
    })),
    ...(applied
      ? [
          {
            level: 'warning' as const,
            code: 'k8s.applied-by-kubectl' as const,
            message: `${live.kind} ${live.metadata.name} was made with kubectl apply, and the next apply brings the newer manifest again`,
            hint: 'Put the manifest back in its source before anybody applies it.',
          },
        ]
      : []),
  ]
}

/** Who sets the number of replicas through the scale of a workload: an autoscaler, KEDA through one, or a person. It is left to them. */
export function scaleFindings(live: KubernetesObject): readonly Finding[] {
  const managers = listAt(live, ['metadata', 'managedFields'])
    .filter(({ subresource }) => subresource === 'scale')
    .map(({ manager }) => (manager === 'kube-controller-manager' ? 'an autoscaler' : (manager as string)))
  if (managers.length === 0) return []
  return [
    {
      level: 'info',
      code: 'k8s.scaled-by-others',
      message: `The replicas of ${live.kind} ${live.metadata.name} are set by ${[...new Set(managers)].join(', ')}, and are left alone`,
      hint: 'Change the limits of the autoscaler when more replicas are needed.',
    },
  ]
}

/** The autoscalers of a workload. */
export async function autoscalersOf(
  client: Pick<KubernetesClient, 'list'>,
  workload: WorkloadName,
  call: Call,
): Promise<readonly KubernetesObject[]> {
  const all = await client.list({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: workload.namespace }, call)
  return all.filter((scaler) => {
    const target = objectAt(scaler, ['spec', 'scaleTargetRef'])
    return target['kind'] === workload.kind && target['name'] === workload.name
  })
}
