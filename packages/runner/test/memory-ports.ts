import { trace } from '@opentelemetry/api'
import { defaultLimits, memoryLeases, memoryRequests, memoryStore, randomId, systemClock, type RunnerPorts } from '../src/index.ts'

/** All ports of a runner in memory. */
export function memoryPorts(change: Partial<RunnerPorts> = {}): RunnerPorts {
  return {
    store: memoryStore(),
    leases: memoryLeases(),
    requests: memoryRequests(),
    clock: systemClock,
    secrets: async () => undefined,
    sealText: async (text) => text,
    unsealText: async (text) => text,
    randomId,
    owner: { host: 'here', pid: process.pid },
    actor: { id: 'tester', roles: ['on-call'] },
    tracer: trace.getTracer('test'),
    scratchDirectory: async () => '/nowhere',
    limits: { ...defaultLimits, graceMs: 50, noticeGraceMs: 500, leaseWaitMs: 50 },
    ...change,
  }
}
