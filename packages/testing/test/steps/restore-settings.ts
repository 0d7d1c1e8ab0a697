import {
  defineStep,
  plainCause,
  RollbackError,
  secretOption,
  type Position,
  type RollbackStep,
  type Secret,
  type StepContext,
  type StepDefinition,
} from '@backstep/core'
import * as z from 'zod'
import { settingsContacts, type Call, type Setting, type SettingsClient } from './settings-service.ts'

const options = z.strictObject({ token: secretOption(), names: z.array(z.string()), value: z.string() })
const prepared = z.object({ versions: z.record(z.string(), z.int()) })
const snapshot = z.object({ values: z.record(z.string(), z.string()), to: z.string() })
const receipt = z.object({ value: z.string(), names: z.array(z.string()) })

export interface RestoreOptions {
  readonly token: Secret
  readonly names: string[]
  readonly value: string
}
type Prepared = z.infer<typeof prepared>
type Snapshot = z.infer<typeof snapshot>
export type RestoreReceipt = z.infer<typeof receipt>
export type RestoreDefinition = StepDefinition<
  RestoreOptions,
  RestoreOptions,
  Prepared,
  RestoreReceipt,
  Snapshot,
  'reversible',
  SettingsClient,
  'value'
>
export type RestoreWork = Parameters<RestoreDefinition['execute']>[0]
type Known = Pick<RestoreWork, 'prepared' | 'snapshot' | 'mark'>

export const callOf = async (
  { options: { token } }: { readonly options: { readonly token: Secret } },
  context: StepContext,
): Promise<Call> => ({
  token: await context.reveal(token),
  abortSignal: context.abortSignal,
})

/** Sets several settings back to a value, one conditional write each: a step that can stand in the middle of its effect. */
export const goodDefinition: RestoreDefinition = {
  kind: 'demo.restore-settings',
  options: options as unknown as z.core.$ZodType<RestoreOptions, RestoreOptions>,
  late: ['value'],
  prepared,
  snapshot,
  receipt,
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write' },
  contacts: settingsContacts,
  toRollbackError,
  target: ({ names }) => ({ system: 'settings', name: names.join('+') }),

  async prepare({ options: given, client }, context) {
    const call = await callOf({ options: given }, context)
    const live: [string, Setting][] = []
    for (const name of given.names) live.push([name, await client.read(name, call)])
    const changed = live.filter(([, { value }]) => value !== given.value)
    return {
      prepared: { versions: Object.fromEntries(live.map(([name, { version }]) => [name, version])) },
      snapshot: { values: Object.fromEntries(live.map(([name, { value }]) => [name, value])), to: given.value },
      summary: `Set ${given.names.join(' and ')} to ${given.value}`,
      changes: changed.map(([name, { value }]) => ({ resource: `settings:${name}`, action: 'update', before: value, after: given.value })),
      guards: live.map(([name, { version }]) => ({ resource: `settings:${name}`, property: 'version', equals: String(version) })),
      leases: given.names.map((name) => `settings:${name}`),
      risk: ['reversible'],
    }
  },
  async probe(work, context) {
    return positionOf(await liveSettings(work, context), work)
  },
  async execute(work, context) {
    const call = await callOf(work, context)
    const live = await liveSettings(work, context)
    const position = positionOf(live, work)
    if (position.at === 'after') return position.receipt
    if (position.at === 'elsewhere') throw drifted(position)
    const outdated = live.filter(([name, now]) => placeOf(name, now, work) === 'before')
    await eachInTurn(outdated, ([name, now]) =>
      work.client.write(name, { value: work.snapshot.to, changedBy: work.mark, ifVersion: now.version }, call),
    )
    return { value: work.snapshot.to, names: live.map(([name]) => name) }
  },
  async verify(work, context) {
    const position = positionOf(await liveSettings(work, context), work)
    const evidence = [context.evidence('settings', position.at, 'settings service')]
    return position.at === 'after'
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: 'after', actual: position.at }
  },
  async compensate(work, context) {
    const call = await callOf(work, context)
    const live = await liveSettings(work, context)
    const position = positionOf(live, work)
    if (position.at === 'elsewhere') throw drifted(position)
    const ours = live.filter(([name, now]) => placeOf(name, now, work) === 'after')
    await eachInTurn(ours, ([name, now]) =>
      work.client.write(name, { value: work.snapshot.values[name] ?? '', changedBy: undone(work.mark), ifVersion: now.version }, call),
    )
    return { evidence: [context.evidence('settings', 'put back', 'settings service')] }
  },
}

export async function liveSettings(
  work: Pick<RestoreWork, 'client' | 'options'>,
  context: StepContext,
): Promise<readonly (readonly [string, Setting])[]> {
  const call = await callOf(work, context)
  const live: [string, Setting][] = []
  for (const name of work.options.names) live.push([name, await work.client.read(name, call)])
  return live
}

function placeOf(
  name: string,
  now: Setting,
  { prepared: { versions }, snapshot: { values, to }, mark }: Known,
): 'before' | 'after' | 'elsewhere' {
  if (now.value === to && (now.changedBy === mark || (now.version === versions[name] && values[name] === to))) return 'after'
  const isPutBack = now.changedBy === undone(mark) && now.value === values[name]
  return isPutBack || now.version === versions[name] ? 'before' : 'elsewhere'
}

export function positionOf(live: readonly (readonly [string, Setting])[], work: Known): Position<RestoreReceipt> {
  const places = live.map(([name, now]) => placeOf(name, now, work))
  const lost = live.find((_, index) => places[index] === 'elsewhere')
  if (lost !== undefined) return { at: 'elsewhere', detail: `${lost[0]} is ${lost[1].value}, changed by ${lost[1].changedBy}` }
  if (places.every((place) => place === 'after'))
    return { at: 'after', receipt: { value: work.snapshot.to, names: live.map(([name]) => name) } }
  return places.every((place) => place === 'before')
    ? { at: 'before' }
    : { at: 'between', detail: `${places.filter((place) => place === 'after').length} of ${places.length} are set` }
}

const undone = (mark: string): string => `${mark} undone`

/** A failure of the second write says that there was a first one. */
export async function eachInTurn<T>(items: readonly T[], write: (item: T) => Promise<unknown>): Promise<void> {
  for (const [index, item] of items.entries()) {
    try {
      await write(item)
    } catch (cause) {
      const error = cause instanceof RollbackError ? cause : toRollbackError(cause)
      if (index === 0 || error.effect === 'unknown') throw error
      throw new RollbackError(error.code, error.message, {
        hint: error.hint,
        effect: 'unknown',
        canRetry: error.canRetry,
        cause: error.cause,
      })
    }
  }
}

export function drifted(position: { readonly detail: string }): RollbackError {
  return new RollbackError('DRIFTED', `The settings are not as they were prepared: ${position.detail}`, {
    hint: 'Find out who changed them, then preview again.',
  })
}

export function toRollbackError(cause: unknown): RollbackError {
  const { status, code } = (cause ?? {}) as { readonly status?: number; readonly code?: string }
  const kept = plainCause(cause)
  if (status === 412)
    return new RollbackError('DRIFTED', 'A setting was changed in between', {
      hint: 'Find out who changed it, then preview again.',
      cause: kept,
    })
  if (status !== undefined && status < 500)
    return new RollbackError('REJECTED', `The service answered ${status}`, { hint: 'Check the name and the token.', cause: kept })
  return new RollbackError('BACKEND_UNAVAILABLE', 'The service did not answer', {
    hint: 'Check that the service is reachable, then resume.',
    cause: kept,
    effect: code === 'ECONNREFUSED' ? 'none' : 'unknown',
  })
}

/** The step over a client, wrong where a test wants it. */
export function restoreSettings(
  given: Parameters<ReturnType<typeof factory>>[0],
  client: SettingsClient,
  wrong: Partial<RestoreDefinition> = {},
): RollbackStep {
  return factory(wrong)(given, { client })
}

function factory(wrong: Partial<RestoreDefinition>) {
  return defineStep<RestoreOptions, RestoreOptions, Prepared, RestoreReceipt, 'reversible', Snapshot, SettingsClient, 'value'>({
    ...goodDefinition,
    ...wrong,
  } as RestoreDefinition)
}
