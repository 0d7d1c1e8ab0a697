export type {
  Access,
  ApplyRequest,
  Call,
  CreateRequest,
  Eviction,
  EvictRequest,
  KubernetesClient,
  KubernetesObject,
  ListQuery,
  LogQuery,
  ObjectKind,
  ObjectMetadata,
  ObjectRef,
  OwnerReference,
  PatchOperation,
  PatchRequest,
  Removal,
  RemoveRequest,
  ServedKind,
} from './client.ts'
export { kubernetesContacts } from './client.ts'
export { clusterOptions, objectName } from './cluster-options.ts'
export type { ClusterOptions } from './cluster-options.ts'
export { kubernetesClient, sharedKubernetesClient } from './kubernetes-client.ts'
export type { KubernetesClientOptions } from './kubernetes-client.ts'
export { refOf } from './contacts.ts'
export { afterWrite, connectionError, toRollbackError } from './errors.ts'
export type { ConnectionFailure } from './errors.ts'
export { fieldChanges, hidden } from './field-changes.ts'
export type { FieldChangeOptions } from './field-changes.ts'
export { guardedPatch, pointer, valueAt } from './json-patch.ts'
export type { FieldWrite } from './json-patch.ts'
export { groupOf, namespaceUid, resourceName, shortName } from './resource-name.ts'
export { wellKnownKind } from './served-kinds.ts'
