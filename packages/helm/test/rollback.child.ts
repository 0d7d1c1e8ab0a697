import { plan } from '@backstep/core'
import { runAsChild } from '@backstep/testing'
import { rollbackRelease } from '../src/index.ts'

type Input = { readonly context: string; readonly kubeconfig: string; readonly namespace: string; readonly helm: string }

/** Rolls one release back in a process that is killed: see killed.testbed.test.ts. */
await runAsChild((input: Input) => ({
  plan: plan({ name: 'rollback', steps: rollbackRelease({ ...input, release: 'r', toRevision: 1 }) }),
}))
