import type { ContactCall } from '@backstep/core'
import type { PortFault, StepBench } from './bench.ts'

/** Vendor errors carry whole requests: these carry every planted secret, where a careless step passes it on. */
function vendorError(message: string, code: string, secrets: Readonly<Record<string, string>>): Error {
  const values = Object.values(secrets)
  return Object.assign(new Error(message), { code, ...(values.length === 0 ? {} : { input: values.join(' '), config: { headers: { authorization: values } } }) })
}

const withSecrets = (error: Error, secrets: Readonly<Record<string, string>>): Error =>
  Object.keys(secrets).length === 0 ? error : Object.assign(error, { input: Object.values(secrets).join(' ') })

/** The connection was refused: nothing was sent. */
export function refusedConnection({ connectionLost, secrets = {} }: StepBench): (call: ContactCall) => Error {
  return (call) =>
    connectionLost === undefined ? vendorError('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED', secrets) : withSecrets(connectionLost(call), secrets)
}

/** The call was made, and its answer was lost. */
export function lostAnswer({ connectionLost, secrets = {} }: StepBench): (call: ContactCall) => Error {
  return (call) => (connectionLost === undefined ? vendorError('read ECONNRESET', 'ECONNRESET', secrets) : withSecrets(connectionLost(call), secrets))
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
