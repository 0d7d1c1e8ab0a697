import { readFile, rename, writeFile } from 'node:fs/promises'
import { defineStep, plainCause, RollbackError, type ContactTable } from '@backstep/core'
import * as z from 'zod'

/** What the step needs of its backend. One method is one call, so that the kit can crash the step at each of them. */
export interface FlagClient {
  read(path: string): Promise<string>
  replace(path: string, text: string): Promise<void>
}
const contacts: ContactTable<FlagClient> = { read: 'read', replace: 'write' }
const flagClient = (): FlagClient => ({
  read: (path) => readFile(path, 'utf8'),
  async replace(path, text) {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path) // readers see the old text or the new one, never a half
  },
})

/** Puts a feature flag back to an earlier value. */
export const restoreFlag = defineStep({
  kind: 'demo.restore-flag',
  options: z.strictObject({ path: z.string(), value: z.string() }),
  late: ['value'],
  prepared: z.object({ before: z.string(), after: z.string() }),
  receipt: z.object({ value: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
  client: flagClient,
  contacts,
  toRollbackError: (cause) =>
    new RollbackError('BACKEND_UNAVAILABLE', 'The flag cannot be reached', {
      hint: 'Look at the disk, then resume.',
      cause: plainCause(cause),
    }),
  target: ({ path }) => ({ system: 'flag', name: path }),
  async prepare({ options: { path, value }, client }) {
    const before = await client.read(path)
    const resource = `file:${path}`
    return {
      prepared: { before, after: value },
      summary: `Set the flag in ${path} to ${value}`,
      changes: before === value ? [] : [{ resource, action: 'update', before, after: value }],
      guards: [{ resource, property: 'text', equals: before }],
      leases: [resource],
      risk: ['reversible'],
    }
  },
  async probe({ options, prepared, client }) {
    const now = await client.read(options.path)
    if (now === prepared.after) return { at: 'after', receipt: { value: now } }
    return now === prepared.before ? { at: 'before' } : { at: 'elsewhere', detail: `it is ${now}` }
  },
  async execute({ options, prepared, client }) {
    await turn(client, options.path, prepared.before, prepared.after)
    return { value: prepared.after }
  },
  async verify({ options, prepared, client }, context) {
    const now = await client.read(options.path)
    const evidence = [context.evidence('flag', now, options.path)]
    return now === prepared.after
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: prepared.after, actual: now }
  },
  async compensate({ options, prepared, client }, context) {
    await turn(client, options.path, prepared.after, prepared.before)
    return { evidence: [context.evidence('flag', prepared.before, options.path)] }
  },
})

/** Looks again right before the write: what is there already is left alone, what somebody else wrote is never overwritten. */
async function turn(client: FlagClient, path: string, from: string, to: string): Promise<void> {
  const now = await client.read(path)
  if (now === to) return
  if (now !== from)
    throw new RollbackError('DRIFTED', `The flag is ${now}, not ${from}`, { hint: 'Find out who changed it, then preview again.' })
  await client.replace(path, to)
}
