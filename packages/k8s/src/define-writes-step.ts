import {
  defineStep,
  type ExecuteContext,
  type Finding,
  type Kind,
  type Layer,
  type Position,
  type PrepareContext,
  type Restoration,
  type StepContext,
  type StepFactory,
  type StepTraits,
  type TargetRef,
  type Verdict,
} from '@backstep/core'
import { type ClusterOptions, type KubernetesClient, kubernetesContacts, type KubernetesObject, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { toRollbackError } from './errors.ts'
import { changesOf, guardsOf, identityOf, type ObjectWrite, objectWriteSchema } from './field-writes.ts'
import { clientOf } from './kubernetes-client.ts'
import { performWrites, positionOfAll, tryWrite } from './perform-writes.ts'
import { openedWrites, sealedWrites } from './secret-writes.ts'
import type { TriedWrite } from './whole-objects.ts'
import { deniedFindings, explainRefusal, unprovedFindings } from './asked-permissions.ts'
import { type Permission } from './permissions.ts'

/** `identity`: of the written fields of all objects, as one comparable text. */
export type WritesReceipt = { readonly identity: string }

/** The objects that are written, with what they are to become, and what people should know. */
export interface PlannedWrites {
  readonly writes: readonly (PlannedWrite | ComingWrite)[]
  readonly summary: string
  readonly findings?: readonly Finding[]
}

/** A write, and the object as it was seen for it: the dry run tests exactly that. */
export interface PlannedWrite {
  readonly write: ObjectWrite
  readonly live: KubernetesObject
}

/** The write of an object that is not there yet. */
export interface ComingWrite {
  readonly write: ObjectWrite
  readonly live: undefined
}

/** What a step needs to be allowed, and in which namespace; `unproved`: what of it no call of the preview makes, so that it has to be asked. */
export interface StepNeeds {
  readonly needs: readonly Permission[]
  readonly unproved?: readonly Permission[]
  readonly namespace: string | undefined
}

/** A step that brings fields of objects to given values and back. All the rest follows from that. */
export interface WritesStepDefinition<In, O extends ClusterOptions> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly layer?: Layer
  readonly stopsWriters?: boolean
  /** `'lease-only'` when objects come or go: where nothing is, nothing says that somebody was there meanwhile. Default `'conditional-write'`. */
  readonly fencing?: StepTraits['fencing']
  target(options: O): TargetRef
  /** What the step needs to be allowed. It may have to ask which kinds there are. */
  needs(options: O, client: KubernetesClient, context: PrepareContext): StepNeeds | Promise<StepNeeds>
  plan(work: { readonly options: O; readonly client: KubernetesClient }, context: PrepareContext): Promise<PlannedWrites>
  /** Judges what the server would store: what people should know of it, and writes that become others by it. */
  judge?(tried: readonly TriedWrite[], options: O): { readonly writes: ObjectWrite[]; readonly findings: readonly Finding[] }
  /** One look at whether it works, asked only when every field has its value. */
  verify(
    work: { readonly options: O; readonly client: KubernetesClient; readonly writes: readonly ObjectWrite[] },
    context: StepContext,
  ): Promise<Verdict>
}

export function defineWritesStep<In, O extends ClusterOptions>(
  definition: WritesStepDefinition<In, O>,
): StepFactory<In, WritesReceipt, 'reversible', KubernetesClient> {
  const { kind, options, layer, stopsWriters, fencing = 'conditional-write' } = definition
  const step = defineStep({
    kind,
    options,
    prepared: z.object({ identity: z.string() }),
    snapshot: z.array(objectWriteSchema),
    receipt: z.object({ identity: z.string() }),
    traits: {
      risk: 'reversible',
      idempotency: 'natural',
      fencing,
      ...(layer === undefined ? {} : { layer }),
      ...(stopsWriters === undefined ? {} : { stopsWriters }),
    },
    client: (given: ClusterOptions): KubernetesClient => clientOf(given),
    contacts: kubernetesContacts,
    toRollbackError,
    target: (given) => definition.target(given),
    async prepare(work, context) {
      const needs = await definition.needs(work.options, work.client, context)
      return explainRefusal(work.client, { ...needs, call: context }, () => prepared(definition, work, needs, context))
    },
    probe: (work, context) => positionIn(work, context),
    async execute({ snapshot, mark, client, prepared: { identity } }, context) {
      await performWrites(client, await openedWrites(snapshot, context), { mark, direction: 'forward', call: context })
      return { identity }
    },
    verify: (work, context) => verdictOf(definition, { ...work, options: work.options as O }, context),
    compensate: putBack,
  })
  return step as unknown as StepFactory<In, WritesReceipt, 'reversible', KubernetesClient>
}

/** Identity first, then health. A deletion that was asked for may take its time. */
async function verdictOf<In, O extends ClusterOptions>(
  definition: WritesStepDefinition<In, O>,
  work: WritesWork & { readonly options: O },
  context: StepContext,
): Promise<Verdict> {
  const { options, client, snapshot } = work
  const position = await positionIn(work, context)
  if (position.at === 'after') return definition.verify({ options, client, writes: snapshot }, context)
  const actual = 'detail' in position ? position.detail : 'as it was before'
  const isLeaving = snapshot.some(({ whole }) => whole?.how === 'delete')
  if (position.at === 'between' && isLeaving) return { status: 'progressing', evidence: [], actual }
  return { status: 'unhealthy', evidence: [], expected: 'every field with its value', actual }
}

interface WritesWork {
  readonly snapshot: readonly ObjectWrite[]
  readonly mark: string
  readonly client: KubernetesClient
  readonly prepared: WritesReceipt
}

async function positionIn(
  { snapshot, mark, client, prepared: { identity } }: WritesWork,
  call: StepContext,
): Promise<Position<WritesReceipt>> {
  const position = await positionOfAll(client, await openedWrites(snapshot, call), { mark, call })
  return position.at === 'after' ? { at: 'after', receipt: { identity } } : position
}

async function putBack({ snapshot, mark, client }: WritesWork, context: ExecuteContext): Promise<Restoration> {
  const writes = await openedWrites(snapshot, context)
  await performWrites(client, writes, { mark, direction: 'back', call: context })
  return {
    evidence: writes.map((write) => context.evidence(shortName(write.ref), `as before (${identityOf(write, 'before')})`, 'API server')),
  }
}

async function prepared<In, O extends ClusterOptions>(
  definition: WritesStepDefinition<In, O>,
  { options, client }: { readonly options: O; readonly client: KubernetesClient },
  { needs, unproved = [], namespace }: StepNeeds,
  context: PrepareContext,
) {
  const [{ writes: planned, summary, findings = [] }, unwritable] = await Promise.all([
    definition.plan({ options, client }, context),
    unprovedFindings(client, unproved, { namespace, call: context }),
  ])
  const tries = planned.map(({ write, live }) => tryWrite(client, write, { live, mark: context.mark, call: context }))
  const tried = await Promise.allSettled(tries)
  const denied = await deniedFindings(client, tried, { needs, namespace, call: context })
  const asked = planned.map((one, index) => settledOr(tried[index], { ...one, stored: undefined }))
  const { writes, findings: judged } = definition.judge?.(asked, options) ?? { writes: asked.map(({ write }) => write), findings: [] }
  const identity = writes.map((write) => identityOf(write, 'after')).join('.')
  return {
    prepared: { identity },
    snapshot: await sealedWrites(writes, context),
    summary,
    changes: writes.flatMap((write) => changesOf(write)),
    guards: writes.flatMap(guardsOf),
    leases: writes.map(({ resource }) => resource),
    risk: writes.some(({ isNeeded }) => isNeeded) ? (['reversible'] as const) : [],
    findings: [...findings, ...judged, ...(denied.length > 0 ? denied : unwritable)],
  }
}

function settledOr<T>(settled: PromiseSettledResult<T> | undefined, otherwise: T): T {
  return settled?.status === 'fulfilled' ? settled.value : otherwise
}
