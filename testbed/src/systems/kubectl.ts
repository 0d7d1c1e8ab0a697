import { goProgram } from '../go-build.ts'
import type { System } from '../system.ts'
import { goForKubernetes } from './etcd.ts'
import { kubernetesVariables, kubernetesVersion } from './kube-version.ts'

/** The command line client, of the server's version. */
export const kubectl: System = {
  name: 'kubectl',
  version: kubernetesVersion,
  summary: 'the command line client',
  needs: [goForKubernetes],
  cost: { installSeconds: 30, diskMegabytes: 60, startSeconds: 0, memoryMegabytes: 0 },
  installation: goProgram({
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    binary: 'kubectl',
    variables: kubernetesVariables,
  }),
}
