import { defineStep, type Duration, durationMs, type StepFactory } from '@backstep/core'
import { type KubernetesClient, kubernetesContacts, namespaceUid } from '@backstep/kubernetes'
import * as z from 'zod'
import { toRollbackError } from './errors.ts'
import { evidenceStream, type EvidenceTally } from './evidence-stream.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { clusterScope, type NamespaceOptions } from './scopes.ts'

export interface CollectEvidenceOptions extends NamespaceOptions {
  /** Only objects and pods with these labels; events are kept all. Left out: the whole namespace. */
  readonly labels?: { readonly [label: string]: string } | undefined
  /** How much of the end of each log is kept. Default 65,536 characters. */
  readonly logBytes?: number | undefined
  /** How far back logs are read. Default `'1h'`. */
  readonly since?: Duration | undefined
  /** How large the whole may become. Default 67,108,864 (64 MiB). */
  readonly mostBytes?: number | undefined
}

/** Where the evidence is kept with the run, and what is in it. */
export type CollectEvidenceReceipt = {
  /** The SHA-256 of the stream. */
  readonly blob: string
  readonly bytes: number
  readonly objects: number
  readonly logs: number
  /** Logs that could not be had: of containers that never started, or of nodes that do not answer. */
  readonly missingLogs: number
  /** It was larger than `mostBytes`. */
  readonly isCut: boolean
}

const receipt = z.object({
  blob: z.string(),
  bytes: z.int(),
  objects: z.int(),
  logs: z.int(),
  missingLogs: z.int(),
  isCut: z.boolean(),
})

/**
 * Keeps what the analysis will need and the rollback would destroy: manifests, events, and the logs of all containers now and before their
 * last restart, encrypted with the run. Values of `env`, ConfigMaps and command lines that name a password are hashed, Secrets are never
 * read; what a program writes into its log is kept as it is.
 *
 * It changes nothing in the cluster. It is read when the plan reaches this step; a preview reads the same, and keeps nothing.
 */
export const collectEvidence: StepFactory<CollectEvidenceOptions, CollectEvidenceReceipt, 'none', KubernetesClient> = defineStep({
  kind: 'k8s.collect-evidence',
  options: z.strictObject({
    ...clusterScope,
    labels: z.record(z.string().min(1), z.string()).default({}),
    logBytes: z.int().min(1).max(4_194_304).default(65_536),
    since: z.custom<Duration>((value) => typeof value === 'string' && /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value)).default('1h'),
    mostBytes: z.int().min(1024).default(67_108_864),
  }),
  prepared: receipt,
  receipt,
  traits: { risk: 'none', idempotency: 'natural', fencing: 'lease-only' },
  client: (given): KubernetesClient => clientOf(given),
  contacts: kubernetesContacts,
  toRollbackError,
  target: ({ context, namespace, labels }) => ({ system: context, name: [namespace, ...pairsOf(labels)].join('/').slice(0, 200) }),

  prepare: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.collectEvidence(), namespace: options.namespace, call: context }, async () => {
      const { namespace, labels, logBytes, since, mostBytes } = options
      await namespaceUid(client, namespace, context)
      const tally: EvidenceTally = { objects: 0, logs: 0, missingLogs: 0, isCut: false }
      const labelSelector = pairsOf(labels).join(',') || undefined
      const sinceSeconds = Math.max(1, Math.round(durationMs(since) / 1000))
      const scope = { namespace, labelSelector, logBytes, sinceSeconds, mostBytes }
      const kept = await context.keep(evidenceStream(client, scope, tally, context))
      return {
        prepared: { ...kept, ...tally },
        summary: `Keep ${tally.objects} objects and ${tally.logs} logs of ${namespace}`,
        changes: [],
        guards: [],
        leases: [],
        risk: [],
        findings: findingsOf(tally),
      }
    }),
  probe: async ({ prepared }) => ({ at: 'after', receipt: prepared }),
  execute: async ({ prepared }) => prepared,
  async verify({ receipt: { blob, bytes, objects, logs, isCut } }, context) {
    let read = 0
    for await (const piece of context.open({ blob, bytes })) read += piece.byteLength
    const text = `${objects} objects, ${logs} logs, ${bytes} bytes${isCut ? ', cut' : ''}`
    const evidence = [context.evidence('evidence', text, `blob ${blob.slice(0, 12)}`)]
    return read === bytes
      ? { status: 'healthy', evidence }
      : { status: 'unhealthy', evidence, expected: `${bytes} bytes`, actual: `${read} bytes` }
  },
})

function findingsOf({ isCut, missingLogs }: EvidenceTally) {
  return [
    ...(isCut
      ? [
          {
            level: 'warning' as const,
            code: 'k8s.evidence-cut' as const,
            message: 'There is more evidence than mostBytes: the last logs are not kept',
            hint: 'Choose labels, or allow more.',
          },
        ]
      : []),
    ...(missingLogs === 0
      ? []
      : [
          {
            level: 'info' as const,
            code: 'k8s.logs-missing' as const,
            message: `${missingLogs} logs cannot be had`,
            hint: 'Look at the nodes of these pods when all of a node are missing.',
          },
        ]),
  ]
}

function pairsOf(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([label, value]) => `${label}=${value}`)
}
