import { type CheckFactory, defineCheck } from '@backstep/core'
import { seenGood } from '@backstep/k8s'
import { type KubernetesClient, kubernetesContacts, sharedKubernetesClient, toRollbackError } from '@backstep/kubernetes'
import { type Place, place } from './place.ts'

/** A check of this team: a revision of the Deployment is kept of which the pipeline has said that it was good, and it is not the one that runs. */
export const goodRevisionKept: CheckFactory<Omit<Place, 'window'>, KubernetesClient> = defineCheck({
  kind: 'team.good-revision-kept',
  options: place.omit({ window: true }),
  client: ({ context, kubeconfig }) => sharedKubernetesClient({ context, kubeconfig }),
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, namespace, name }) => ({ system: context, name: `${namespace}/${name}` }),
  async sample({ options: { namespace, name }, client }, context) {
    const live = await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }, context)
    const revision = 'deployment.kubernetes.io/revision'
    const kept = await client.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace }, context)
    const good = kept.filter(
      ({ metadata: { annotations = {}, ownerReferences = [] } }) =>
        ownerReferences.some(({ uid }) => uid === live?.metadata.uid) &&
        annotations[seenGood] !== undefined &&
        annotations[revision] !== live?.metadata.annotations?.[revision],
    )
    const names = good.map(({ metadata }) => metadata.name).join(', ')
    const evidence = [context.evidence('good revisions', names || 'none', 'annotations of ReplicaSets')]
    return good.length > 0
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: 'a revision that was seen good', actual: 'none is kept' }
  },
})
