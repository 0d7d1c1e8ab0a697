import { plan } from '@backstep/core'
import { runAsChild } from '@backstep/testing'
import { restoreJson } from './restore-json.ts'

await runAsChild(({ file }: { file: string }) => ({
  plan: plan({ name: 'flags', steps: restoreJson({ file, to: { newCheckout: false } }) }),
}))
