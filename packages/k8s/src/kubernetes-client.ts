import { type ClusterOptions, type KubernetesClient, sharedKubernetesClient } from '@backstep/kubernetes'

/** The client of a step: one for each cluster and identity of this process, so that fifty steps share connections and limits. */
export function clientOf({ context, kubeconfig }: ClusterOptions): KubernetesClient {
  return sharedKubernetesClient({ context, kubeconfig })
}
