import {
  type Change,
  defineStep,
  type Guard,
  type PrepareContext,
  RollbackError,
  type Secret,
  secretOption,
  type StepContext,
  type StepFactory,
} from '@backstep/core'
import {
  type Call,
  type KubernetesClient,
  kubernetesContacts,
  type KubernetesObject,
  namespaceUid,
  type ObjectRef,
  resourceName,
  shortName,
  valueAt,
} from '@backstep/kubernetes'
import * as z from 'zod'
import { missing, toRollbackError } from './errors.ts'
import { changesAnything, type ObjectWrite, objectWriteSchema, positionOf, writeOf } from './field-writes.ts'
import { clientOf } from './kubernetes-client.ts'
import { ownerFindings, type OwnerKind, ownerKinds } from './owners.ts'
import { performWrites, tryWrite } from './perform-writes.ts'
import { deniedFindings, explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'

export interface PatchSecretKeyOptions extends NamespaceOptions {
  /** The name of the Secret object. */
  readonly name: string
  readonly key: string
  /** The value to go back to, by name. It is looked up at the moment of use and never shown. */
  readonly value: Secret
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

export type PatchSecretKeyReceipt = { readonly uid: string; readonly key: string }

/** Both values stand sealed in the snapshot. */
type SealedWrite = {
  readonly write: ObjectWrite
  readonly before: { readonly sealed: string } | null
  readonly after: { readonly sealed: string }
}

const sealedText = z.object({ sealed: z.string() })

/**
 * Puts one key of a Secret back to a value; all other keys stay. Values appear nowhere: changes show that the key differs, and the snapshot holds
 * them sealed.
 *
 * Pods that read it from their environment or a single mounted file see it after a restart only: put `restartRollout` behind it.
 */
export const patchSecretKey: StepFactory<PatchSecretKeyOptions, PatchSecretKeyReceipt, 'reversible', KubernetesClient> = defineStep({
  kind: 'k8s.patch-secret-key',
  options: z.strictObject({
    ...clusterScope,
    name: z.string().min(1),
    key: z.string().regex(/^[-._a-zA-Z0-9]+$/, 'expected letters, digits, - _ and dots'),
    value: secretOption(),
    acceptOwners: z.array(z.enum(ownerKinds)).default([]),
  }),
  prepared: z.object({ uid: z.string() }),
  snapshot: z.object({ write: objectWriteSchema, before: z.nullable(sealedText), after: sealedText }),
  receipt: z.object({ uid: z.string(), key: z.string() }),
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write' },
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, namespace, name, key }) => ({ system: context, name: `${namespace}/Secret/${name}/${key}` }),

  prepare({ options, client }, context) {
    return explainRefusal(client, { needs: permissions.patchSecretKey(), namespace: options.namespace, call: context }, async () => {
      const ref = refOf(options)
      const [scope, live, value] = await Promise.all([
        namespaceUid(client, options.namespace, context),
        readSecret(client, ref, context),
        context.reveal(options.value),
      ])
      const wanted = writeOf(live, resourceName(scope, ref), ref, [
        { at: ['data', options.key], value: Buffer.from(value).toString('base64') },
      ])
      const [tried] = await Promise.allSettled([tryWrite(client, wanted, { live, mark: context.mark, call: context })])
      const scoped = { needs: permissions.patchSecretKey(), namespace: options.namespace, call: context }
      const denied = await deniedFindings(client, [tried], scoped)
      const write = tried.status === 'fulfilled' ? tried.value.write : wanted
      return {
        prepared: { uid: live.metadata.uid },
        snapshot: await sealed(write, context),
        summary: `Put ${options.key} of ${shortName(ref)} to the value of ${options.value.name}`,
        changes: changesIn(write, options),
        guards: guardsIn(write, live),
        leases: [write.resource],
        risk: write.isNeeded ? ['reversible'] : [],
        findings: [...ownerFindings(live, options.acceptOwners), ...denied],
      }
    })
  },
  async probe({ snapshot, mark, options, client }, context) {
    const write = await opened(snapshot, context)
    const position = positionOf(await client.get(write.ref, context), write, mark)
    return position.at === 'after' ? { at: 'after', receipt: { uid: write.uid, key: options.key } } : position
  },
  async execute({ snapshot, mark, options, client }, context) {
    const write = await opened(snapshot, context)
    await performWrites(client, [write], { mark, direction: 'forward', call: context })
    return { uid: write.uid, key: options.key }
  },
  async verify({ snapshot, mark, options, client }, context) {
    const write = await opened(snapshot, context)
    const position = positionOf(await client.get(write.ref, context), write, mark)
    const evidence = [context.evidence(options.key, position.at === 'after' ? 'has the value' : 'has another value', shortName(write.ref))]
    if (position.at === 'after') return { status: 'healthy', evidence }
    return {
      status: 'unhealthy',
      evidence,
      expected: 'the value',
      actual: 'detail' in position ? position.detail : 'the value from before',
    }
  },
  async compensate({ snapshot, mark, options, client }, context) {
    const write = await opened(snapshot, context)
    await performWrites(client, [write], { mark, direction: 'back', call: context })
    return { evidence: [context.evidence(options.key, 'has the value from before', shortName(write.ref))] }
  },
})

function refOf({ namespace, name }: { readonly namespace: string; readonly name: string }): ObjectRef {
  return { apiVersion: 'v1', kind: 'Secret', namespace, name }
}

async function readSecret(client: KubernetesClient, ref: ObjectRef, call: Call): Promise<KubernetesObject> {
  const live = await client.get(ref, call)
  if (live === undefined) throw missing(ref)
  if (valueAt(live, ['immutable']) !== true) return live
  throw new RollbackError('PRECONDITION_FAILED', `${shortName(ref)} is immutable`, {
    hint: 'Make a new Secret and point the workload at it.',
  })
}

/** Not even a hash: a short password can be found by trying. */
function changesIn({ resource, fields }: ObjectWrite, { key, value }: { readonly key: string; readonly value: Secret }): readonly Change[] {
  if (!changesAnything(fields)) return []
  const after = `the value of ${value.name}`
  return [
    {
      resource,
      action: 'update',
      before: 'another value',
      after,
      fields: [{ path: `data.${key}`, before: '[hidden]', after: `[${after}]` }],
    },
  ]
}

function guardsIn({ resource, uid }: ObjectWrite, { metadata }: KubernetesObject): readonly Guard[] {
  return [
    { resource, property: 'uid', equals: uid },
    { resource, property: 'resourceVersion', equals: metadata.resourceVersion },
  ]
}

async function sealed({ fields, ...write }: ObjectWrite, { seal }: Pick<PrepareContext, 'seal'>): Promise<SealedWrite> {
  const [{ at, before, after } = { at: [] }] = fields
  return {
    write: { ...write, fields: [{ at }] },
    before: typeof before === 'string' ? await seal(before) : null,
    after: await seal(typeof after === 'string' ? after : ''),
  }
}

async function opened({ write, before, after }: SealedWrite, { unseal }: Pick<StepContext, 'unseal'>): Promise<ObjectWrite> {
  const [{ at } = { at: [] }] = write.fields
  return { ...write, fields: [{ at, ...(before === null ? {} : { before: await unseal(before) }), after: await unseal(after) }] }
}
