import { basename } from 'node:path'
import { defineStep, sha256Hex } from '@backstep/core'
import * as z from 'zod'
import { fileError } from './file-errors.ts'
import { fileContacts, localFiles } from './files.ts'

/** Deletes a file for good. Nothing comes back, and the plan cannot go behind it by itself. */
export const deleteFile = defineStep({
  kind: 'files.delete-file',
  options: z.strictObject({ file: z.string() }),
  prepared: z.object({ sha256: z.string() }),
  receipt: z.object({ gone: z.literal(true) }),
  traits: { risk: 'point-of-no-return', idempotency: 'natural', fencing: 'lease-only' },
  client: localFiles,
  contacts: fileContacts,
  toRollbackError: fileError,
  target: ({ file }) => ({ system: 'file', name: basename(file) }),

  async prepare({ options: { file }, client }) {
    const sha256 = sha256Hex(await client.read(file))
    const resource = `file:${file}`
    return {
      prepared: { sha256 },
      summary: `Delete ${basename(file)} for good`,
      changes: [{ resource, action: 'delete', before: sha256, after: 'gone', dataLoss: { what: `everything in ${basename(file)}` } }],
      guards: [{ resource, property: 'sha256', equals: sha256 }],
      leases: [resource],
      risk: ['point-of-no-return'],
    }
  },
  async probe({ options: { file }, prepared, client }) {
    const now = await client.read(file).catch(missing)
    if (now === undefined) return { at: 'after', receipt: { gone: true } }
    return sha256Hex(now) === prepared.sha256 ? { at: 'before' } : { at: 'elsewhere', detail: 'it holds something else' }
  },
  async execute({ options: { file }, client }) {
    await client.remove(file)
    return { gone: true }
  },
  async verify({ options: { file }, client }, context) {
    const isGone = (await client.read(file).catch(missing)) === undefined
    const evidence = [context.evidence('file', isGone ? 'gone' : 'there', file)]
    return isGone ? { status: 'healthy', evidence } : { status: 'unhealthy', evidence, expected: 'gone', actual: 'there' }
  },
})

function missing(cause: unknown): undefined {
  if ((cause as { readonly code?: string }).code !== 'ENOENT') throw cause
}
