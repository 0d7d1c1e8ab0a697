import { join } from 'node:path'
import { flags } from '../flags.ts'
import { goProgram } from '../go-build.ts'
import type { System } from '../system.ts'
import { goForKubernetes } from './etcd.ts'
import { kubernetesVariables, kubernetesVersion } from './kube-version.ts'

/** The controllers that a cluster has by default. */
export const kubeControllerManager: System = {
  name: 'kube-controller-manager',
  version: kubernetesVersion,
  summary: 'the controllers: Deployments, StatefulSets, DaemonSets, Jobs, namespaces and the rest',
  needs: [goForKubernetes],
  cost: { installSeconds: 85, diskMegabytes: 96, startSeconds: 1, memoryMegabytes: 120 },
  installation: goProgram({
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    binary: 'kube-controller-manager',
    variables: kubernetesVariables,
  }),
  async start(context) {
    const pki = join(context.folder, 'pki')
    await context.run(
      'kube-controller-manager',
      join(context.installed(kubeControllerManager), 'bin', 'kube-controller-manager'),
      flags({
        kubeconfig: join(context.folder, 'controller-manager.kubeconfig'),
        'leader-elect': false,
        'authentication-skip-lookup': true,
        'bind-address': '127.0.0.1',
        'secure-port': await context.freePort(),
        'cert-dir': join(pki, 'controller-manager'),
        'service-account-private-key-file': join(pki, 'sa.key'),
        'root-ca-file': join(pki, 'apiserver.crt'),
        // Each controller with the service account of its own: with one account for all, the roles that the server makes fit none of them.
        'use-service-account-credentials': true,
        'kube-api-qps': 300,
        'kube-api-burst': 600,
      }),
    )
  },
}
