import { RollbackError } from '@backstep/core'
import { memoryRunner } from '@backstep/testing'
import template from './first-plan.ts'

const runner = memoryRunner()

// #region handle
try {
  await runner.preview(template.build({ shop: '/srv/no-such-shop' }))
} catch (error) {
  if (!(error instanceof RollbackError)) throw error
  console.log(`${error.code}: ${error.message}\n${error.hint}`)
}
// #endregion
