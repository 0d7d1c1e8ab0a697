import { plan, sequence } from '@backstep/core'
import { runAsChild } from '../../src/index.ts'
import { restoreFile } from '../steps/config-file.ts'

// Both files of the world, one after the other: the second one stands on a finished first one.
await runAsChild(({ folder }: { folder: string }) => ({
  plan: plan({
    name: 'restore two files',
    onFailure: 'compensate',
    steps: sequence(
      restoreFile({ path: `${folder}/app.conf`, text: 'mode = stable\n' }),
      restoreFile({ path: `${folder}/db.conf`, text: 'pool = 10\n' }),
    ),
  }),
}))
