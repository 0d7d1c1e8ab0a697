import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { defineStep, plainCause, RollbackError, type ContactTable, type StepFactory } from '@backstep/core'
import * as z from 'zod'

/** What the step needs of the disk. One method is one call. */
export interface FileClient {
  read(path: string): Promise<string>
  write(path: string, text: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

export const fileContacts: ContactTable<FileClient> = { read: 'read', write: 'write', rename: 'write', remove: 'write' }

export function fileClient(): FileClient {
  return {
    read: (path) => readFile(path, 'utf8'),
    write: (path, text) => writeFile(path, text),
    rename,
    remove: (path) => rm(path, { force: true }),
  }
}

interface Options {
  readonly path: string
  readonly text: string
}
type Receipt = { readonly path: string; readonly bytes: number }

/** Puts a configuration file back to an earlier text, by the rename of a finished one: readers see one or the other, never a half. */
export const restoreFile: StepFactory<Options, Receipt, 'reversible', FileClient, 'text'> = defineStep({
  kind: 'demo.restore-file',
  options: z.strictObject({ path: z.string(), text: z.string() }),
  late: ['text'],
  prepared: z.object({ path: z.string() }),
  snapshot: z.object({ before: z.string(), after: z.string() }),
  receipt: z.object({ path: z.string(), bytes: z.int() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
  client: fileClient,
  contacts: fileContacts,
  toRollbackError: fileError,
  target: ({ path }) => ({ system: 'file', name: basename(path) }),

  async prepare({ options: { path, text }, client }) {
    const before = await client.read(path)
    const resource = `file:${path}`
    return {
      prepared: { path },
      snapshot: { before, after: text },
      summary: `Put ${path} back`,
      changes: before === text ? [] : [{ resource, action: 'update', before, after: text }],
      guards: [{ resource, property: 'text', equals: before }],
      leases: [resource],
      risk: ['reversible'],
    }
  },
  async probe({ prepared: { path }, snapshot: { before, after }, client }) {
    const now = await client.read(path)
    if (now === after) return { at: 'after', receipt: { path, bytes: now.length } }
    return now === before ? { at: 'before' } : { at: 'elsewhere', detail: `it holds ${now.length} other characters` }
  },
  async execute({ prepared: { path }, snapshot, mark, client }) {
    await turn(client, path, { from: snapshot.before, to: snapshot.after, mark })
    return { path, bytes: snapshot.after.length }
  },
  async verify({ prepared: { path }, snapshot: { after }, client }, context) {
    const now = await client.read(path)
    const evidence = [context.evidence('text', `${now.length} characters`, path)]
    return now === after
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: `${after.length} characters`, actual: 'another text' }
  },
  async compensate({ prepared: { path }, snapshot, mark, client }, context) {
    await turn(client, path, { from: snapshot.after, to: snapshot.before, mark })
    return { evidence: [context.evidence('text', 'put back', path)] }
  },
})

async function turn(
  client: FileClient,
  path: string,
  { from, to, mark }: { readonly from: string; readonly to: string; readonly mark: string },
): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${mark}`)
  const now = await client.read(path)
  if (now === to) return client.remove(beside)
  if (now !== from)
    throw new RollbackError('DRIFTED', `${path} holds something else`, { hint: 'Find out who changed it, then preview again.' })
  await client.write(beside, to)
  await client.rename(beside, path)
}

function fileError(cause: unknown): RollbackError {
  const code = (cause as { readonly code?: string } | undefined)?.code ?? ''
  const kept = plainCause(cause)
  if (code === 'ENOENT') return new RollbackError('TARGET_NOT_FOUND', 'The file is not there', { hint: 'Check the path.', cause: kept })
  if (code === 'EACCES')
    return new RollbackError('PERMISSION_DENIED', 'The file may not be used', { hint: 'Run as its owner.', cause: kept })
  return new RollbackError('BACKEND_UNAVAILABLE', `The disk did not do it (${code})`, {
    hint: 'Look at the disk, then resume.',
    cause: kept,
  })
}
