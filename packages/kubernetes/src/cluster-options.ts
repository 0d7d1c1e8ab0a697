import * as z from 'zod'

/** Which cluster, and as whom. The same options stand in every step of this family. */
export interface ClusterOptions {
  /**
   * The name of a context in the kubeconfig. There is no default: the current context of a machine changes behind the back of a plan.
   * `'in-cluster'` is the service account of the pod that runs Backstep.
   */
  readonly context: string
  /** Path of the kubeconfig. Left out: what `KUBECONFIG` lists, or `.kube/config` in the home folder. */
  readonly kubeconfig?: string | undefined
}

/** The fields of `ClusterOptions`, to spread into the options schema of a step. */
export const clusterOptions: {
  readonly context: z.ZodString
  readonly kubeconfig: z.ZodOptional<z.ZodString>
} = {
  context: z.string().min(1),
  kubeconfig: z.string().min(1).optional(),
}

/** A name as Kubernetes takes it: a DNS subdomain. */
export const objectName: z.ZodString = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.:]*[a-z0-9])?$/, 'expected a name in lower case letters, digits, dots and hyphens')
