import { type ClusterOptions, clusterOptions, objectName } from '@backstep/kubernetes'
import type * as z from 'zod'

/** Which namespace of which cluster. */
export interface NamespaceOptions extends ClusterOptions {
  readonly namespace: string
}

/** The fields of `NamespaceOptions`, to spread into the schema of a step. */
export const clusterScope: typeof clusterOptions & { readonly namespace: z.ZodString } = { ...clusterOptions, namespace: objectName }
