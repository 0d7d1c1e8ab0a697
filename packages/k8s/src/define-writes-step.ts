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
  type TargetRef,
  type Verdict,
} from '@backstep/core'
import { type ClusterOptions, type KubernetesClient, kubernetesContacts, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { toRollbackError } from './errors.ts'
import { changesOf, guardsOf, identityOf, type ObjectWrite, objectWriteSchema } from './field-writes.ts'
import { clientOf } from './kubernetes-client.ts'
import { performWrites, positionOfAll, tryWrite } from './perform-writes.ts'
import { explainRefusal, type Permission, requireAllowed } from './permissions.ts'

/** `identity`: of the written fields of all objects, as one comparable text. */
export type WritesReceipt = { readonly identity: string }

/** The objects that are written, with what they are to become, and what people should know. */
export interface PlannedWrites {
  readonly writes: readonly PlannedWrite[]
  readonly summary: string
  readonly findings?: readonly Finding[]
}

/** A write, and the object as it was seen for it: the dry run tests exactly that. */
export interface PlannedWrite {
  readonly write: ObjectWrite
  readonly live: Parameters<typeof tryWrite>[2]['live']
}

/** A step that brings fields of objects to given values and back. All the rest follows from that. */
export interface WritesStepDefinition<In, O extends ClusterOptions> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly layer?: Layer
  readonly stopsWriters?: boolean
  target(options: O): TargetRef
  /** What the step needs to be allowed, and in which namespace; `unproved`: what of it no call of the preview makes, so that it has to be asked. */
  needs(options: O): {
    readonly needs: readonly Permission[]
    readonly unproved?: readonly Permission[]
    readonly namespace: string | undefined
  }
  plan(work: { readonly options: O; readonly client: KubernetesClient }, context: PrepareContext): Promise<PlannedWrites>
  /** One look at whether it works, asked only when every field has its value. */
  verify(
    work: { readonly options: O; readonly client: KubernetesClient; readonly writes: readonly ObjectWrite[] },
    context: StepContext,
  ): Promise<Verdict>
}

export function defineWritesStep<In, O extends ClusterOptions>(
  definition: WritesStepDefinition<In, O>,
): StepFactory<In, WritesReceipt, 'reversible', KubernetesClient> {
  const { kind, options, layer, stopsWriters } = definition
  const step = defineStep({
    kind,
    options,
    prepared: z.object({ identity: z.string() }),
    snapshot: z.array(objectWriteSchema),
    receipt: z.object({ identity: z.string() }),
    traits: {
      risk: 'reversible',
      idempotency: 'natural',
      fencing: 'conditional-write',
      ...(layer === undefined ? {} : { layer }),
      ...(stopsWriters === undefined ? {} : { stopsWriters }),
    },
    client: (given: ClusterOptions): KubernetesClient => clientOf(given),
    contacts: kubernetesContacts,
    toRollbackError,
    target: (given) => definition.target(given),
    prepare: (work, context) =>
      explainRefusal(work.client, { ...definition.needs(work.options), call: context }, () => prepared(definition, work, context)),
    probe: (work, context) => positionIn(work, context),
    async execute({ snapshot, mark, client, prepared: { identity } }, context) {
      await performWrites(client, snapshot, { mark, direction: 'forward', call: context })
      return { identity }
    },
    async verify(work, context) {
      const position = await positionIn(work, context)
      if (position.at === 'after')
        return definition.verify({ options: work.options as O, client: work.client, writes: work.snapshot }, context)
      const actual = 'detail' in position ? position.detail : 'as it was before'
      return { status: 'unhealthy', evidence: [], expected: 'every field with its value', actual }
    },
    compensate: putBack,
  })
  return step as unknown as StepFactory<In, WritesReceipt, 'reversible', KubernetesClient>
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
  const position = await positionOfAll(client, snapshot, { mark, call })
  return position.at === 'after' ? { at: 'after', receipt: { identity } } : position
}

async function putBack({ snapshot, mark, client }: WritesWork, context: ExecuteContext): Promise<Restoration> {
  await performWrites(client, snapshot, { mark, direction: 'back', call: context })
  return {
    evidence: snapshot.map((write) => context.evidence(shortName(write.ref), `as before (${identityOf(write, 'before')})`, 'API server')),
  }
}

async function prepared<In, O extends ClusterOptions>(
  definition: WritesStepDefinition<In, O>,
  { options, client }: { readonly options: O; readonly client: KubernetesClient },
  context: PrepareContext,
) {
  const { unproved = [], namespace } = definition.needs(options)
  const [{ writes: planned, summary, findings = [] }] = await Promise.all([
    definition.plan({ options, client }, context),
    requireAllowed(client, unproved, { namespace, call: context }),
  ])
  const writes = await Promise.all(planned.map(({ write, live }) => tryWrite(client, write, { live, mark: context.mark, call: context })))
  const identity = writes.map((write) => identityOf(write, 'after')).join('.')
  return {
    prepared: { identity },
    snapshot: writes,
    summary,
    changes: writes.flatMap((write) => changesOf(write)),
    guards: writes.flatMap(guardsOf),
    leases: writes.map(({ resource }) => resource),
    risk: writes.some(({ isNeeded }) => isNeeded) ? (['reversible'] as const) : [],
    findings,
  }
}
