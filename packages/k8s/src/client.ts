export { kubernetesContacts } from '@backstep/kubernetes'
export type { Call, KubernetesClient, KubernetesObject, ObjectRef } from '@backstep/kubernetes'
