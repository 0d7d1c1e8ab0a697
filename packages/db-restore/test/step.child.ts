import { plan, secret } from '@backstep/core'
import { runAsChild } from '@backstep/testing'
import { restoreBeside, swapDatabases, type Backup } from '../src/index.ts'

type Input = {
  readonly what: 'restore' | 'swap'
  readonly url: string
  readonly binaries: string
  readonly backup: Backup
  readonly prefix: string
}

/** Restores or exchanges in a process that is killed: see killed.testbed.test.ts. */
await runAsChild(({ what, url, binaries, backup, prefix }: Input) => {
  const reach = { server: 'lab', url: secret('PG_URL') }
  const step =
    what === 'restore'
      ? restoreBeside({ ...reach, binaries, backup, as: `${prefix}side` })
      : swapDatabases({ ...reach, live: `${prefix}live`, side: `${prefix}side`, keepAs: `${prefix}old` })
  return { plan: plan({ name: what, steps: step }), runner: { secrets: async () => url } }
})
