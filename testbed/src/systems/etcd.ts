import { join } from 'node:path'
import { flags } from '../flags.ts'
import { goCommand, goProgram } from '../go-build.ts'
import type { System } from '../system.ts'

export const goForKubernetes = goCommand('kubernetes', '1.26')

/** The store behind the API server. Nothing is synced to the disk: what it holds is gone with the instance anyway. */
export const etcd: System = {
  name: 'etcd',
  version: '3.6.8',
  summary: 'the store behind the API server',
  needs: [goForKubernetes],
  cost: { installSeconds: 84, diskMegabytes: 27, startSeconds: 1, memoryMegabytes: 45 },
  installation: goProgram({ module: 'kubernetes', package: 'go.etcd.io/etcd/server/v3', binary: 'etcd' }),
  async start(context) {
    const client = `http://127.0.0.1:${await context.freePort()}`
    const peer = `http://127.0.0.1:${await context.freePort()}`
    context.keep({ etcdUrl: client })
    await context.run(
      'etcd',
      join(context.installed(etcd), 'bin', 'etcd'),
      flags({
        'data-dir': join(context.folder, 'etcd'),
        'unsafe-no-fsync': true,
        'log-level': 'warn',
        'listen-client-urls': client,
        'advertise-client-urls': client,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': `default=${peer}`,
      }),
    )
  },
}
