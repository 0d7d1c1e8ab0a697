import { type CheckFactory, defineCheck } from '@backstep/core'
import { type ClusterOptions, clusterOptions, type KubernetesClient, kubernetesContacts, type KubernetesObject } from '@backstep/kubernetes'
import * as z from 'zod'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { listAt, objectAt } from './workload.ts'

export interface NodesReadyOptions extends ClusterOptions {
  /** Only nodes with these labels. Left out: all. */
  readonly labels?: { readonly [label: string]: string } | undefined
  /** How many may be unfit. Default 0. */
  readonly atMostUnfit?: number | undefined
  /** Whether a cordoned node counts as unfit. Somebody cordoned it on purpose, so by default it does not. */
  readonly mustBeSchedulable?: boolean | undefined
}

/** Conditions of a node that say that something runs out. */
const pressures: ReadonlySet<string> = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'])

/**
 * Whether nodes are fit to take the pods of a rollback: each one ready and without pressure on memory, disk, process ids or network. A node
 * that stopped reporting is unfit.
 */
export const nodesReady: CheckFactory<NodesReadyOptions, KubernetesClient> = defineCheck({
  kind: 'k8s.nodes-ready',
  options: z.strictObject({
    ...clusterOptions,
    labels: z.record(z.string().min(1), z.string()).default({}),
    atMostUnfit: z.int().min(0).default(0),
    mustBeSchedulable: z.boolean().default(false),
  }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, labels }) => ({ system: context, name: ['Node', ...pairsOf(labels)].join('/').slice(0, 200) }),

  sample: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.nodesReady(), namespace: undefined, call: context }, async () => {
      const { labels, atMostUnfit, mustBeSchedulable } = options
      const nodes = await client.list({ apiVersion: 'v1', kind: 'Node', labelSelector: pairsOf(labels).join(',') || undefined }, context)
      const unfit = nodes.flatMap((node) => {
        const problems = problemsOf(node, mustBeSchedulable)
        return problems.length === 0 ? [] : [`${node.metadata.name} (${problems.join(', ')})`]
      })
      const evidence = [context.evidence('nodes', `${nodes.length - unfit.length} of ${nodes.length} fit`, 'node conditions')]
      if (nodes.length === 0) return { status: 'unknown', evidence, reason: 'there is no such node' }
      if (unfit.length <= atMostUnfit) return { status: 'healthy', evidence }
      return { status: 'unhealthy', evidence, expected: `at most ${atMostUnfit} unfit nodes`, actual: unfit.slice(0, 10).join(', ') }
    }),
})

function problemsOf(node: KubernetesObject, mustBeSchedulable: boolean): readonly string[] {
  const conditions = listAt(node, ['status', 'conditions'])
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
  const pressed = conditions
    .filter(({ type, status }) => pressures.has(type as string) && status !== 'False')
    .map(({ type }) => type as string)
  const isCordoned = objectAt(node, ['spec'])['unschedulable'] === true
  return [...(isReady ? [] : ['not ready']), ...pressed, ...(mustBeSchedulable && isCordoned ? ['cordoned'] : [])]
}

function pairsOf(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([label, value]) => `${label}=${value}`)
}
