import { goProgram } from '../go-build.ts'
import type { System } from '../system.ts'
import { goForKubernetes } from './etcd.ts'

const version = '3.21.4'

/** Helm 3, built on the same client library as the cluster. */
export const helm3: System = {
  name: 'helm3',
  version,
  summary: 'Helm 3',
  needs: [goForKubernetes],
  cost: { installSeconds: 20, diskMegabytes: 59, startSeconds: 0, memoryMegabytes: 0 },
  installation: goProgram({
    module: 'kubernetes',
    package: 'helm.sh/helm/v3/cmd/helm',
    binary: 'helm3',
    variables: { 'helm.sh/helm/v3/internal/version.version': `v${version}` },
  }),
}
