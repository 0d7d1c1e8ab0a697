import { plan, type RollbackStep } from '@backstep/core'
import { runAsChild } from '@backstep/testing'
import { scaleToZero } from '../src/scale-to-zero.ts'
import { setImages } from '../src/set-images.ts'
import { switchService } from '../src/switch-service.ts'

type Input = {
  readonly step: keyof typeof steps
  readonly context: string
  readonly kubeconfig: string
  readonly namespace: string
  readonly image: string
}

const steps = {
  'set-images': ({ context, kubeconfig, namespace, image }: Input): RollbackStep =>
    setImages({ context, kubeconfig, namespace, name: 'checkout', images: { app: image } }),
  'switch-service': ({ context, kubeconfig, namespace }: Input): RollbackStep =>
    switchService({ context, kubeconfig, namespace, name: 'shop', select: { app: 'checkout' } }),
  'scale-to-zero': ({ context, kubeconfig, namespace }: Input): RollbackStep =>
    scaleToZero({ context, kubeconfig, namespace, workloads: [{ name: 'checkout' }, { kind: 'StatefulSet', name: 'worker' }] }),
}

/** Runs one step in a process that is killed: see steps-killed.testbed.test.ts. */
await runAsChild((input: Input) => ({ plan: plan({ name: 'killed', steps: steps[input.step](input) }) }))
