import { setTimeout as sleep } from 'node:timers/promises'
import { TestbedError } from '../system.ts'
import { type ApiServer, request } from './api-client.ts'

/** Creates one object and gives back what the server stored. */
export async function createObject(server: ApiServer, path: string, body: object): Promise<unknown> {
  const answer = await request(server, 'POST', path, { body })
  if (answer.status === 201) return answer.body
  const { message = JSON.stringify(answer.body) } = answer.body as { message?: string }
  throw new TestbedError(`POST ${path} answered ${answer.status}: ${message}`, {
    hint: 'Look at the logs of the cluster: `pnpm testbed status` says where.',
  })
}

/** Asks until it is so. */
export async function eventually(what: string, isSo: () => Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isSo())) {
    if (performance.now() > deadline)
      throw new TestbedError(`not within ${timeoutMs / 1000} s: ${what}`, { hint: 'Run `pnpm testbed status`.' })
    await sleep(10)
  }
}
