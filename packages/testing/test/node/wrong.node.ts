import { describe, it } from 'node:test'
import { testRollbackStep } from '../../src/index.ts'
import { wrongEffects } from '../wrong/wrong-effects.ts'
import { wrongBench } from '../wrong/wrong-step.ts'

const [doesNothing] = wrongEffects
if (doesNothing !== undefined)
  testRollbackStep({ name: doesNothing.is, describe, it, setUp: async () => wrongBench(doesNothing), limitMs: 150, promptMs: 100 })
