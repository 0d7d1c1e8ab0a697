import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { flags } from '../flags.ts'
import { goProgram } from '../go-build.ts'
import type { System } from '../system.ts'
import { goForKubernetes } from './etcd.ts'

const stagesFile = fileURLToPath(new URL('kwok-stages.yaml', import.meta.url))

/** Plays the kubelets: nodes without machines, whose pods do what their image's tag and their annotations say. */
export const kwok: System = {
  name: 'kwok',
  version: '0.8.0',
  summary: 'plays the nodes; pods become ready, crash or hang as their image and annotations say',
  needs: [goForKubernetes],
  cost: { installSeconds: 20, diskMegabytes: 64, startSeconds: 1, memoryMegabytes: 55 },
  installation: goProgram({ module: 'kubernetes', package: 'sigs.k8s.io/kwok/cmd/kwok', binary: 'kwok' }),
  startInputs: [readFileSync(stagesFile, 'utf8')],
  async start(context) {
    await context.run(
      'kwok',
      join(context.installed(kwok), 'bin', 'kwok'),
      flags({
        kubeconfig: join(context.folder, 'kwok.kubeconfig'),
        config: stagesFile,
        'manage-all-nodes': true,
        'node-lease-duration-seconds': 40,
        'server-address': `127.0.0.1:${await context.freePort()}`,
      }),
    )
  },
}
