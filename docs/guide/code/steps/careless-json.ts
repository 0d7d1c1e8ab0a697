import { defineStep, json } from '@backstep/core'
import * as z from 'zod'
import { fileError } from './file-errors.ts'
import { fileContacts, localFiles } from './files.ts'

/** A careless version of restoreJson. It works whenever nothing goes wrong. */
export const carelessJson = defineStep({
  kind: 'files.careless-json',
  options: z.strictObject({ file: z.string(), to: json() }),
  prepared: z.object({ before: z.string(), after: z.string() }),
  receipt: z.object({ attempts: z.number() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
  client: localFiles,
  contacts: fileContacts,
  toRollbackError: fileError,
  target: ({ file }) => ({ system: 'file', name: file }),

  async prepare({ options: { file, to }, client }) {
    const [before, after] = [await client.read(file), JSON.stringify(to)]
    return {
      prepared: { before, after },
      summary: `Put ${file} back`,
      changes: [{ resource: `file:${file}`, action: 'update', before, after }],
      guards: [{ resource: `file:${file}`, property: 'content', equals: before }],
      leases: [`file:${file}`],
      risk: ['reversible'],
    }
  },
  async probe({ options: { file }, prepared, client }) {
    const now = await client.read(file)
    return now === prepared.after ? { at: 'after', receipt: { attempts: 0 } } : { at: 'before' }
  },
  async execute({ options: { file }, prepared, client }, { attempt }) {
    await client.write(file, prepared.after)
    return { attempts: attempt }
  },
  async verify(_, context) {
    return { status: 'healthy', evidence: [context.evidence('written', 'yes', 'execute')] }
  },
  async compensate({ options: { file }, prepared, client }) {
    await client.write(file, prepared.before)
    return { evidence: [] }
  },
})
