import type { ContactCall } from '@backstep/core'
import type { PortFault, StepBench } from './bench.ts'

/** Vendor errors carry whole requests: these carry every planted secret, where a careless step passes it on. */
function vendorError(message: string, code: string, secrets: Readonly<Record<string, string>>): Error {
  const values = Object.values(secrets)
  return Object.assign(new Error(message), {
    code,
    ...(values.length === 0 ? {} : { input: values.join(' '), config: { headers: { authorization: values } } }),
  })
}

function failureOf(bench: StepBench, call: ContactCall, message: string, code: string): Error {
  const { secrets = {} } = bench
  const own = bench.connectionLost?.(call)
  if (own === undefined) return vendorError(message, code, secrets)
  return Object.keys(secrets).length === 0 ? own : Object.assign(own, { input: Object.values(secrets).join(' ') })
}

/** The connection was refused: nothing was sent. */
export function refusedConnection(bench: StepBench): (call: ContactCall) => Error {
  return (call) => failureOf(bench, call, 'connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED')
}

/** The call was made, and its answer was lost. */
export function lostAnswer(bench: StepBench): (call: ContactCall) => Error {
  return (call) => failureOf(bench, call, 'read ECONNRESET', 'ECONNRESET')
}

/** The faults of the author, and the two that every backend has. `error` is made per bench. */
export function allFaults(bench: StepBench, own: readonly PortFault[]): readonly Required<PortFault>[] {
  const every = ['read', 'write', 'process'] as const
  return [
    { name: 'a refused connection', when: 'before', modes: every, error: refusedConnection(bench) },
    { name: 'a lost answer', when: 'after', modes: every, error: lostAnswer(bench) },
    ...own.map((fault) => ({ modes: ['write', 'process'] as const, ...fault })),
  ]
}
