import { plan } from '@backstep/core'
import { runAsChild } from '@backstep/testing'
import { undoRollout } from '../src/undo-rollout.ts'

interface Input {
  readonly [field: string]: string
  readonly context: string
  readonly kubeconfig: string
  readonly namespace: string
  readonly name: string
  readonly to: string
}

await runAsChild(({ context, kubeconfig, namespace, name, to }: Input) => ({
  plan: plan({ name: 'undo', steps: undoRollout({ context, kubeconfig, namespace, kind: 'StatefulSet', name, to, stuckPods: 'delete' }) }),
}))
