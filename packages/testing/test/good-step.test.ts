import { describe, it } from 'vitest'
import { testRollbackStep } from '../src/index.ts'
import { settingsBench } from './steps/settings-bench.ts'

testRollbackStep({ name: 'settings in memory', describe, it, setUp: async () => settingsBench() })
