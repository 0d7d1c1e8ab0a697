import { objectName } from '@backstep/kubernetes'
import * as z from 'zod'

const end: z.ZodObject<{ revision: z.ZodInt; digest: z.ZodString; status: z.ZodString }> = z.object({
  revision: z.int(),
  digest: z.string(),
  status: z.string(),
})

/** What prepare keeps of the way of a release: see `ReleaseWay`. */
export const waySchema: z.ZodObject<{
  before: typeof end
  after: typeof end
  drift: z.ZodArray<z.ZodString>
  ignored: z.ZodArray<z.ZodString>
}> = z.object({ before: end, after: end, drift: z.array(z.string()), ignored: z.array(z.string()) })

/** Options that say which release is meant, and how Helm is reached. */
export const releaseOptions: {
  readonly namespace: z.ZodString
  readonly release: z.ZodString
  readonly driver: z.ZodDefault<z.ZodEnum<{ secret: 'secret'; configmap: 'configmap' }>>
  readonly helm: z.ZodDefault<z.ZodString>
} = {
  namespace: objectName,
  release: objectName,
  driver: z.enum(['secret', 'configmap']).default('secret'),
  helm: z.string().min(1).default('helm'),
}

/** Options of every step that changes a release. */
export const changeOptions: typeof releaseOptions & {
  readonly hooks: z.ZodDefault<z.ZodEnum<{ run: 'run'; skip: 'skip' }>>
  readonly tolerate: z.ZodDefault<z.ZodArray<z.ZodString>>
  readonly whenOwned: z.ZodDefault<z.ZodEnum<{ refuse: 'refuse'; warn: 'warn' }>>
  readonly conflicts: z.ZodDefault<z.ZodEnum<{ refuse: 'refuse'; force: 'force' }>>
} = {
  ...releaseOptions,
  hooks: z.enum(['run', 'skip']).default('run'),
  tolerate: z.array(z.string()).default([]),
  whenOwned: z.enum(['refuse', 'warn']).default('refuse'),
  conflicts: z.enum(['refuse', 'force']).default('refuse'),
}

/** Options of a step that goes back to a record. */
export const wayOptions: typeof changeOptions & { readonly toRevision: z.ZodInt; readonly digest: z.ZodOptional<z.ZodString> } = {
  ...changeOptions,
  toRevision: z.int().positive(),
  digest: z.string().min(1).optional(),
}
