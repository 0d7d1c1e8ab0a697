import { defineStep, RollbackError, type StepFactory } from '@backstep/core'
import * as z from 'zod'
import { type FlagClient, flagContacts } from './flag-client.ts'
import { toRollbackError } from './flag-errors.ts'
import { httpFlags } from './http-flags.ts'

export type RestoreFlagOptions = { readonly project: string; readonly flag: string; readonly toVersion: number }
export type RestoreFlagReceipt = { readonly version: number }

/** Returns a feature flag to the rules of an earlier version, as a new version; history is never rewritten. */
export const restoreFlag: StepFactory<RestoreFlagOptions, RestoreFlagReceipt, 'reversible', FlagClient, 'toVersion'> = defineStep({
  kind: 'flags.restore-flag',
  options: z.strictObject({ project: z.string(), flag: z.string(), toVersion: z.int().positive() }),
  late: ['toVersion'],
  prepared: z.object({ version: z.int() }),
  snapshot: z.object({ before: z.string(), after: z.string() }),
  receipt: z.object({ version: z.int() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write' },
  client: ({ project }): FlagClient => httpFlags(project),
  contacts: flagContacts,
  toRollbackError,
  target: ({ project, flag }) => ({ system: 'flags', name: `${project}/${flag}` }),

  async prepare({ options: { project, flag, toVersion }, client }, context) {
    const [now, wanted] = [await client.read({ flag }, context), await client.read({ flag, version: toVersion }, context)]
    if (now === undefined || wanted === undefined)
      throw new RollbackError('TARGET_NOT_FOUND', `${project}/${flag} has no version ${toVersion}`, { hint: 'Pass a version that exists.' })
    const resource = `flags:${project}/${flag}`
    return {
      prepared: { version: now.version },
      snapshot: { before: now.rules, after: wanted.rules },
      summary: `Return ${project}/${flag} to the rules of version ${toVersion}`,
      changes: now.rules === wanted.rules ? [] : [{ resource, action: 'update', before: now.rules, after: wanted.rules }],
      guards: [{ resource, property: 'version', equals: String(now.version) }],
      leases: [resource],
      risk: ['reversible'],
    }
  },
  async probe({ options: { flag }, client, prepared, mark }, context) {
    const now = await client.read({ flag }, context)
    if (now?.comment === mark) return { at: 'after', receipt: { version: now.version } }
    const isBefore = now?.version === prepared.version || now?.comment === `${mark} undone`
    return isBefore ? { at: 'before' } : { at: 'elsewhere', detail: `version ${now?.version} by somebody else` }
  },
  async execute({ options: { flag }, client, prepared, snapshot, mark }, context) {
    const { version } = await client.write({ flag, rules: snapshot.after, comment: mark, ifVersion: prepared.version }, context)
    return { version }
  },
  async verify({ options: { flag }, client, receipt }, context) {
    const now = await client.read({ flag }, context)
    const evidence = [context.evidence('version', String(now?.version), 'flag service')]
    if (now?.version === receipt.version) return { status: 'healthy', evidence }
    return { status: 'unhealthy', evidence, expected: `version ${receipt.version}`, actual: `version ${now?.version}` }
  },
  async compensate({ options: { flag }, client, snapshot, prepared, receipt, mark }, context) {
    const ifVersion = receipt?.version ?? prepared.version + 1
    const { version } = await client.write({ flag, rules: snapshot.before, comment: `${mark} undone`, ifVersion }, context)
    return { evidence: [context.evidence('version', String(version), 'flag service')] }
  },
})
