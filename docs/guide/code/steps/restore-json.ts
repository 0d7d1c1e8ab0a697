import { basename } from 'node:path'
import { defineStep, json, RollbackError, sha256Hex } from '@backstep/core'
import * as z from 'zod'
import { fileError } from './file-errors.ts'
import { fileContacts, localFiles, type Files } from './files.ts'

/** Puts a JSON file back to what it held before. Refuses when somebody else has changed it since the preview. */
export const restoreJson = defineStep({
  kind: 'files.restore-json',
  options: z.strictObject({ file: z.string(), to: json(), writtenBy: z.string().optional() }),
  late: ['to'],
  prepared: z.object({ before: z.string(), after: z.string() }),
  snapshot: z.object({ before: z.string(), after: z.string() }),
  receipt: z.object({ content: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
  client: localFiles,
  contacts: fileContacts,
  toRollbackError: fileError,
  target: ({ file }) => ({ system: 'file', name: basename(file) }),

  async prepare({ options: { file, to, writtenBy }, client }) {
    const [now, wanted] = [await client.read(file), `${JSON.stringify(to, undefined, 2)}\n`]
    const [before, after] = [identityOf(now), identityOf(wanted)]
    const resource = `file:${file}`
    return {
      prepared: { before, after },
      snapshot: { before: now, after: wanted },
      summary: `Put ${basename(file)} back`,
      changes: before === after ? [] : [{ resource, action: 'update', before, after }],
      guards: [{ resource, property: 'content', equals: before }],
      leases: [resource],
      risk: ['reversible'],
      estimate: { duration: '1s' },
      ...(writtenBy === undefined ? {} : { undo: { risk: 'data-loss', loses: `what ${writtenBy} wrote since` } }),
    }
  },
  async probe({ options: { file }, prepared, client }) {
    const now = identityOf(await client.read(file))
    if (now === prepared.after) return { at: 'after', receipt: { content: now } }
    return now === prepared.before ? { at: 'before' } : { at: 'elsewhere', detail: `it holds ${now}` }
  },
  async execute({ options: { file }, prepared, snapshot, mark, client }) {
    await replace(client, file, { ifItHolds: prepared.before, text: snapshot.after, mark })
    return { content: prepared.after }
  },
  async verify({ options: { file }, receipt, client }, context) {
    const now = identityOf(await client.read(file))
    const evidence = [context.evidence('content', now, file)]
    return now === receipt.content
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: receipt.content, actual: now }
  },
  async compensate({ options: { file }, prepared, snapshot, mark, client }, context) {
    await replace(client, file, { ifItHolds: prepared.after, text: snapshot.before, mark })
    return { evidence: [context.evidence('content', prepared.before, file)] }
  },
})

/** Tells one content from another, in a length that people can compare. */
const identityOf = (text: string): string => `sha256:${sha256Hex(text).slice(0, 16)}`

/** Puts a text in place of the one that was prepared for, by the rename of a finished file. Done already: only tidies up. */
async function replace(client: Files, file: string, change: { ifItHolds: string; text: string; mark: string }): Promise<void> {
  const now = await client.read(file)
  const beside = `${file}.${change.mark}.part`
  if (now === change.text) return client.remove(beside)
  if (identityOf(now) !== change.ifItHolds)
    throw new RollbackError('DRIFTED', `${file} is not as it was prepared`, { hint: 'Find out who changed it, then preview again.' })
  await client.write(beside, change.text)
  await client.rename(beside, file)
}
