import {
  type JsonObject,
  type PrepareContext,
  RollbackError,
  type Secret,
  secretOption,
  type StepFactory,
  type Verdict,
} from '@backstep/core'
import { type KubernetesClient, namespaceUid, refOf, resourceName, shortName, valueAt } from '@backstep/kubernetes'
import * as z from 'zod'
import { leftFindings, referrersOf, restartOf } from './config-referrers.ts'
import { type ComingWrite, defineWritesStep, type PlannedWrite, type WritesReceipt } from './define-writes-step.ts'
import { writeOf } from './field-writes.ts'
import { ownerFindings, type OwnerKind, ownerKinds } from './owners.ts'
import { permissions } from './permissions.ts'
import { lookAtAll } from './rollout-look.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'
import { comingWrite } from './whole-objects.ts'
import { isWorkloadKind, objectAt } from './workload.ts'

export interface RestoreConfigurationOptions extends NamespaceOptions {
  /** ConfigMaps by name, each with all of its content. No secrets: they would stand in the plan. */
  readonly configMaps?: { readonly [name: string]: { readonly [key: string]: string } } | undefined
  /** Secrets by name, each with all of its values, by reference: `{ database: { password: secret('SHOP_DB_PASSWORD_V41') } }`. */
  readonly secrets?: { readonly [name: string]: { readonly [key: string]: Secret } } | undefined
  /** `'restart'`: also restart every workload that refers to one of them, since environments and single files are read at start only. Default. */
  readonly referrers?: 'restart' | 'leave' | undefined
  readonly acceptOwners?: readonly OwnerKind[] | undefined
}

const key = z.string().regex(/^[-._a-zA-Z0-9]+$/, 'expected letters, digits, - _ and dots')
const name = z.string().min(1)

/**
 * Puts ConfigMaps and Secrets back whole, also those that were deleted, together with the workloads that refer to them: what the template of
 * an earlier release needs beside itself. Keys that are not named are taken away. Workloads of the namespace that refer to any of them are found
 * in the preview and named there, restarted as their strategy says once all content is there, and have to be ready.
 *
 * Values of Secrets are looked up at the moment of use and stand nowhere: changes show keys, and the snapshot holds the values sealed.
 * A Secret that is made again is of type `Opaque`. Going back puts the content back that was there, and deletes what was made.
 */
export const restoreConfiguration: StepFactory<RestoreConfigurationOptions, WritesReceipt, 'reversible', KubernetesClient> =
  defineWritesStep({
    kind: 'k8s.restore-configuration',
    options: z
      .strictObject({
        ...clusterScope,
        configMaps: z.record(name, z.record(key, z.string())).default({}),
        secrets: z.record(name, z.record(key, secretOption())).default({}),
        referrers: z.enum(['restart', 'leave']).default('restart'),
        acceptOwners: z.array(z.enum(ownerKinds)).default([]),
      })
      .refine(({ configMaps, secrets }) => Object.keys({ ...configMaps, ...secrets }).length > 0, 'expected a ConfigMap or a Secret'),
    fencing: 'lease-only',
    target: ({ context, namespace, configMaps, secrets }) => ({
      system: context,
      name: `${namespace}/configuration/${[...Object.keys(configMaps), ...Object.keys(secrets)].join(',')}`.slice(0, 200),
    }),
    needs: ({ namespace, configMaps, secrets, referrers }) => {
      const needs = permissions.restoreConfiguration({
        configMaps: Object.keys(configMaps).length > 0,
        secrets: Object.keys(secrets).length > 0,
      })
      const isAsked = (group: string, resource: string): boolean => group === '' && resource !== 'pods'
      return { needs, unproved: needs.filter(({ group, resource }) => referrers === 'restart' || isAsked(group, resource)), namespace }
    },

    async plan({ options, client }, context) {
      const { namespace } = options
      const manifests = [...configMapsOf(options), ...(await secretsOf(options, context))]
      const [scope, referrers] = await Promise.all([
        namespaceUid(client, namespace, context),
        referrersOf(
          client,
          namespace,
          manifests.map((one) => refOf(one) as { kind: 'ConfigMap' | 'Secret'; name: string }),
          context,
        ),
      ])
      const contents = await Promise.all(manifests.map((one) => plannedContent(client, scope, one, context)))
      const restarts =
        contents.some(({ write }) => write.isNeeded) && options.referrers === 'restart' ? referrers.map((one) => restartOf(scope, one)) : []
      const named = manifests.map((one) => shortName(refOf(one))).join(', ')
      return {
        writes: [...contents, ...restarts],
        summary: `Restore ${named}${restarts.length === 0 ? '' : ` and restart ${restarts.map(({ live }) => live.metadata.name).join(', ')}`}`,
        findings: [
          ...[...contents, ...restarts].flatMap(({ live }) => (live === undefined ? [] : ownerFindings(live, options.acceptOwners))),
          ...leftFindings(referrers, options),
        ],
      }
    },
    async verify({ options: { namespace }, client, writes }, context): Promise<Verdict> {
      const restarted = writes.flatMap(({ ref }) => (isWorkloadKind(ref.kind) ? [{ namespace, kind: ref.kind, name: ref.name }] : []))
      const verdict = await lookAtAll(client, restarted, context)
      return {
        ...verdict,
        evidence: [...verdict.evidence, context.evidence('content', 'as asked for', `${writes.length - restarted.length} objects`)],
      }
    },
  })

type Given = Pick<RestoreConfigurationOptions, 'namespace' | 'configMaps' | 'secrets'>

function configMapsOf({ namespace, configMaps = {} }: Given): readonly JsonObject[] {
  return Object.entries(configMaps).map(([one, data]) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: one, namespace },
    data,
  }))
}

async function secretsOf({ namespace, secrets = {} }: Given, { reveal }: PrepareContext): Promise<readonly JsonObject[]> {
  return Promise.all(
    Object.entries(secrets).map(async ([one, values]) => {
      const data = await Promise.all(
        Object.entries(values).map(async ([field, value]) => [field, Buffer.from(await reveal(value)).toString('base64')] as const),
      )
      return { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name: one, namespace }, data: Object.fromEntries(data) }
    }),
  )
}

async function plannedContent(
  client: KubernetesClient,
  scope: string,
  manifest: JsonObject,
  context: PrepareContext,
): Promise<PlannedWrite | ComingWrite> {
  const ref = refOf(manifest)
  const resource = resourceName(scope, ref)
  const live = await client.get(ref, context)
  if (live === undefined) return { live, write: comingWrite(manifest, resource, 'create') }
  if (valueAt(live, ['immutable']) === true) {
    throw new RollbackError('PRECONDITION_FAILED', `${shortName(ref)} is immutable`, {
      hint: 'Make a new one, and point the workload at it.',
    })
  }
  return { live, write: writeOf(live, resource, ref, [{ at: ['data'], value: objectAt(manifest, ['data']) }]) }
}
