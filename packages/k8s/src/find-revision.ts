import { defineQuery, type Duration, durationMs, hashOf, type QueryFactory } from '@backstep/core'
import { type KubernetesClient, kubernetesContacts, shortName } from '@backstep/kubernetes'
import * as z from 'zod'
import { chooseRevision, type RevisionChoice } from './choose-revision.ts'
import { toRollbackError } from './errors.ts'
import { clientOf } from './kubernetes-client.ts'
import { explainRefusal } from './asked-permissions.ts'
import { permissions } from './permissions.ts'
import { imagesOf, revisionsOf } from './revisions.ts'
import { currentRevision } from './rollout-look.ts'
import { readWorkload, targetOfQuery, type WorkloadOptions, workloadOptions } from './workload.ts'

export interface FindRevisionOptions extends WorkloadOptions {
  /**
   * Which revision to go back to: `'last-known-good'`, `'previous'`, or by `name`, `revision` (its number now, as text), `digest` of an image,
   * or a release `label` of its pods.
   */
  readonly choose:
    | 'last-known-good'
    | 'previous'
    | { readonly name: string }
    | { readonly revision: string }
    | { readonly digest: string }
    | { readonly label: { readonly name: string; readonly value: string } }
  /** For `'last-known-good'`: a revision without ready pods and without a mark has to have run for so long. Default `'1h'`. */
  readonly ranAtLeast?: Duration | undefined
}

/** What a plan goes back to. Pass `name` to `undoRollout`: it stays when numbers move. */
export type FoundRevision = {
  readonly name: string
  /** Its number now. */
  readonly revision: string
  readonly images: readonly string[]
  /** Why this one: what says that it was good. */
  readonly evidence: string
  readonly cause: string
  readonly createdAt: string
  readonly templateHash: string
  /** The one that is current now: what is gone away from. */
  readonly current: string
}

const duration = z.custom<Duration>((value) => typeof value === 'string' && /^\d+(\.\d+)?(ms|s|m|h|d)$/.test(value), {
  error: "expected a duration such as '1h'",
})

/**
 * Finds the revision that a plan goes back to, once, when the plan is previewed; what was found is part of what people approve.
 * "The one before" is not the same after every undo, so it is never looked up again.
 *
 * @throws RollbackError `TARGET_NOT_FOUND` with the revisions that there are, `TARGET_AMBIGUOUS` when several fit.
 */
export const findRevision: QueryFactory<FindRevisionOptions, FoundRevision, KubernetesClient> = defineQuery({
  kind: 'k8s.find-revision',
  options: z.strictObject({
    ...workloadOptions,
    choose: z.union([
      z.enum(['last-known-good', 'previous']),
      z.strictObject({ name: z.string().min(1) }),
      z.strictObject({ revision: z.string().min(1) }),
      z.strictObject({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "expected 'sha256:' and 64 hexadecimal digits") }),
      z.strictObject({ label: z.strictObject({ name: z.string().min(1), value: z.string() }) }),
    ]),
    ranAtLeast: duration.optional(),
  }),
  result: z.object({
    name: z.string(),
    revision: z.string(),
    images: z.array(z.string()),
    evidence: z.string(),
    cause: z.string(),
    createdAt: z.string(),
    templateHash: z.string(),
    current: z.string(),
  }),
  client: clientOf,
  contacts: kubernetesContacts,
  toRollbackError,
  target: targetOfQuery,

  read: ({ options, client }, context) =>
    explainRefusal(client, { needs: permissions.findRevision(options.kind), namespace: options.namespace, call: context }, async () => {
      const live = await readWorkload(client, options, context)
      const history = await revisionsOf(client, options, live, context)
      const current = currentRevision(live, history, options)
      const { revision, evidence } = chooseRevision(choiceOf(options), history, current, options)
      context.report({ message: `${shortName(options)} goes back to ${revision.name}: ${evidence}` })
      return {
        name: revision.name,
        revision: revision.number,
        images: imagesOf(revision.template).map(({ image }) => image),
        evidence,
        cause: revision.cause ?? '',
        createdAt: revision.createdAt,
        templateHash: hashOf(revision.template),
        current: current?.name ?? '',
      }
    }),
})

function choiceOf({ choose, ranAtLeast = '1h' }: Pick<FindRevisionOptions, 'choose' | 'ranAtLeast'>): RevisionChoice {
  if (choose === 'previous') return { previous: true }
  if (choose === 'last-known-good') return { lastKnownGood: { ranAtLeastMs: durationMs(ranAtLeast) } }
  return choose
}
