import { defineQuery, type Duration, durationMs, type QueryFactory } from '@backstep/core'
import { type KubernetesClient, kubernetesContacts } from '@backstep/kubernetes'
import * as z from 'zod'
import { evidenceOfGood } from './choose-revision.ts'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { imagesOf, revisionsOf } from './revisions.ts'
import { currentRevision } from './rollout-look.ts'
import { numberAt, readWorkload, targetOfQuery, type WorkloadOptions, workloadOptions } from './workload.ts'

export interface ListRevisionsOptions extends WorkloadOptions {
  /** How long a revision has to have run to count as good without any other sign. Default `'1h'`. */
  readonly ranAtLeast?: Duration | undefined
}

export type ListedRevision = {
  readonly name: string
  readonly revision: string
  readonly images: readonly string[]
  readonly digests: readonly string[]
  readonly cause: string
  readonly createdAt: string
  readonly isCurrent: boolean
  /** What says that it was good; empty when nothing does. */
  readonly goodBecause: string
}

/** `history`: whether one could still go back. `none`: there is no other revision, or none is kept. `short`: there is one. */
export type RevisionList = {
  readonly current: string
  readonly history: 'none' | 'short' | 'ok'
  readonly revisions: readonly ListedRevision[]
}

/** The history of a workload, newest first: what could be gone back to, and what says that it was good. */
export const listRevisions: QueryFactory<ListRevisionsOptions, RevisionList, KubernetesClient> = defineQuery({
  kind: 'k8s.list-revisions',
  options: z.strictObject({
    ...workloadOptions,
    ranAtLeast: z.custom<Duration>((value) => typeof value === 'string' && /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value)).optional(),
  }),
  result: z.object({
    current: z.string(),
    history: z.enum(['none', 'short', 'ok']),
    revisions: z.array(
      z.object({
        name: z.string(),
        revision: z.string(),
        images: z.array(z.string()),
        digests: z.array(z.string()),
        cause: z.string(),
        createdAt: z.string(),
        isCurrent: z.boolean(),
        goodBecause: z.string(),
      }),
    ),
  }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: targetOfQuery,

  read: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.listRevisions(options.kind), namespace: options.namespace, call: context }, async () => {
      const live = await readWorkload(client, options, context)
      const history = await revisionsOf(client, options, live, context)
      const current = currentRevision(live, history, options)?.name ?? ''
      const ranAtLeastMs = durationMs(options.ranAtLeast ?? '1h')
      const others = numberAt(live, ['spec', 'revisionHistoryLimit']) === 0 ? 0 : history.filter(({ name }) => name !== current).length
      return {
        current,
        history: others === 0 ? 'none' : others === 1 ? 'short' : 'ok',
        revisions: history.map((revision) => ({
          name: revision.name,
          revision: revision.number,
          images: imagesOf(revision.template).map(({ image }) => image),
          digests: imagesOf(revision.template).flatMap(({ digest }) => digest ?? []),
          cause: revision.cause ?? '',
          createdAt: revision.createdAt,
          isCurrent: revision.name === current,
          goodBecause: evidenceOfGood(revision, history, ranAtLeastMs) ?? '',
        })),
      }
    }),
})
