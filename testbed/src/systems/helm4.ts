import { goCommand, goProgram } from '../go-build.ts'
import type { System } from '../system.ts'

const version = '4.3.1'

/** Helm 4. It needs newer client libraries than the cluster's, so it is built apart. */
export const helm4: System = {
  name: 'helm4',
  version,
  summary: 'Helm 4',
  needs: [goCommand('helm4', '1.26')],
  cost: { installSeconds: 160, diskMegabytes: 67, startSeconds: 0, memoryMegabytes: 0 },
  installation: goProgram({
    module: 'helm4',
    package: 'helm.sh/helm/v4/cmd/helm',
    binary: 'helm4',
    variables: { 'helm.sh/helm/v4/internal/version.version': `v${version}` },
  }),
}
