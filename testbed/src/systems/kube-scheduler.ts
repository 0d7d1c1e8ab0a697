import { join } from 'node:path'
import { flags } from '../flags.ts'
import { goProgram } from '../go-build.ts'
import type { System } from '../system.ts'
import { goForKubernetes } from './etcd.ts'
import { kubernetesVariables, kubernetesVersion } from './kube-version.ts'

/** Gives pods their nodes. */
export const kubeScheduler: System = {
  name: 'kube-scheduler',
  version: kubernetesVersion,
  summary: 'gives pods their nodes',
  needs: [goForKubernetes],
  cost: { installSeconds: 10, diskMegabytes: 73, startSeconds: 1, memoryMegabytes: 70 },
  installation: goProgram({
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-scheduler',
    binary: 'kube-scheduler',
    variables: kubernetesVariables,
  }),
  async start(context) {
    await context.run(
      'kube-scheduler',
      join(context.installed(kubeScheduler), 'bin', 'kube-scheduler'),
      flags({
        kubeconfig: join(context.folder, 'scheduler.kubeconfig'),
        'leader-elect': false,
        'authentication-skip-lookup': true,
        'bind-address': '127.0.0.1',
        'secure-port': await context.freePort(),
        'cert-dir': join(context.folder, 'pki', 'scheduler'),
        'kube-api-qps': 300,
        'kube-api-burst': 600,
      }),
    )
  },
}
