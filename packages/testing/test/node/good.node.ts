import { describe, it } from 'node:test'
import { testRollbackStep } from '../../src/index.ts'
import { configBench } from '../steps/config-bench.ts'
import { settingsBench } from '../steps/settings-bench.ts'

testRollbackStep({ name: 'settings in memory', describe, it, setUp: async () => settingsBench() })
testRollbackStep({ name: 'a configuration file on disk', describe, it, setUp: configBench })
